"""Pages of accounts: one's own, and colleagues."""
