"""B7: both systems whole, at the size of a regency, from source to portal; memory of the whole stack; growth."""
