"""The client's side of a team server: the forms that travel, and `RemoteService`."""
