// Rows of a node's answer as lines of text, for ps, dump and top.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace wippy::cli {

// Lines of at most `width` columns (0: as long as they are), the first one being the heading.
std::vector<std::string> table_lines(const nlohmann::json& rows, std::size_t width);
// "12 processes: 3 running, 9 idle" and what did not answer.
std::string summary_line(const nlohmann::json& answer);
// One line a circle: "deadlock of 2: {…} app:a (exec) -> {…} app:b (room) -> the first".
std::vector<std::string> deadlock_lines(const nlohmann::json& answer);
// "1.5 MB", "12 kB"; "1h02m", "3.2s", "15ms".
std::string bytes_text(uint64_t bytes);
std::string age_text(uint64_t ms);

}  // namespace wippy::cli
