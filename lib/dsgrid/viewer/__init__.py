"""The Project Viewer: a web application that asks a dsgrid server, and shows what it answers."""
