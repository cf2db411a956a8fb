"""Decision tables as SQL, for databases that hold the data already."""
