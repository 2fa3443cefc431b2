"""What generates contracts/ and the pictures in docs/."""
