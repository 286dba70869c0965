"""The process of a server: settings, connections, application, log."""
