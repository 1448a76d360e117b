"""What domains share that write letters to people: letters, and the ways to send them."""
