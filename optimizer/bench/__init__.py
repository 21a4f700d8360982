"""Generated days for measuring and testing."""
