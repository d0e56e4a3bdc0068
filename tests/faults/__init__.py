"""What breaks: power, disks, processes. Each test says what is left behind."""
