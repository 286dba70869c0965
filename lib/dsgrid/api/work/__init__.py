"""Work that is taken in: from a body to a job."""
