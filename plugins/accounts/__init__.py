"""Key accounts: customers, their tiers and sales, and the pages that show them."""
