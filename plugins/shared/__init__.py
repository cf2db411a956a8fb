"""What several plugins about key accounts need."""
