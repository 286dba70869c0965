"""The HTTP API: a server that stays, with a queue of jobs, tokens, and results that are streamed."""
