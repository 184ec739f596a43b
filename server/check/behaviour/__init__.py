"""What designs do: under testbenches, under common stimulus, against a reference, in a proof."""
