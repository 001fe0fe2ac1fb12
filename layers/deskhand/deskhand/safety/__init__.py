"""What protects the desk from strangers' texts and addresses."""
