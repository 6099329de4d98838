-- What a statement means depends on settings: those of a person's own session with this role and database, not those that our sessions pin.
RESET ALL; SET standard_conforming_strings = on; SET client_min_messages = warning
