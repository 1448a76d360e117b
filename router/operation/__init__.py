"""What happens to an operation before it is planned: pure, synchronous, cacheable."""
