"""What the requirement documents ask for, line by line, and the page that tells how far we are."""
