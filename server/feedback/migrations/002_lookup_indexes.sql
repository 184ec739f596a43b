CREATE INDEX candidate_by_request ON candidate(request_id);
CREATE INDEX event_by_suggestion ON event(suggestion_id);
CREATE INDEX event_by_time ON event(at);
CREATE INDEX request_by_time ON request(at);
