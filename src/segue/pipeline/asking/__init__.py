"""What a person asks for in a sentence: filters, an item to start from, a direction, and the words that remain."""
