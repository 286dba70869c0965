"""From the queue to the runners: lanes, recovery, events, and what is kept how long."""
