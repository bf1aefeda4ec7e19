// Carries the precompiled headers of puna_room.cmake; has no code of its own.
