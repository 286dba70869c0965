"""Results of jobs, in all forms that clients ask for."""
