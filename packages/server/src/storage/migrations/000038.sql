-- Keys may hold capitals. Two that differ in nothing else would be confused, by people and by file systems.

create unique index flags_by_key_in_any_case on flags (project, lower(key));
create unique index segments_by_key_in_any_case on segments (project, lower(key));
