"""The state folder of a server: its database, who may ask, what was changed, and who has it."""
