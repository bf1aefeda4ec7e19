// operator new, replaced for the whole program: allocations can be counted, or refused. For programs that link
// replaced_new.cpp and define note_allocation().
#pragma once

// Called in front of every allocation, on its thread. caller: where the allocation returns to.
// May throw std::bad_alloc: there is no memory then. Must not allocate.
void note_allocation(const void* caller);
