// What the terminal behind stderr can show. False in the simulation, whose output is the same in every run.
#pragma once

namespace wippy::observe {

bool stderr_is_terminal() noexcept;
// A terminal, and neither NO_COLOR (https://no-color.org) nor TERM=dumb speaks against it.
bool stderr_takes_color() noexcept;

}  // namespace wippy::observe
