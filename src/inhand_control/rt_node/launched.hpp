// This process as a part of a launch: what it tells the launch's warden. The nodes in Python follow the
// same rules (inhand_core/launched.py): one folder a launch, named by $INHAND_LAUNCH.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace inhand_control::node
{

constexpr int kRefused = 2;  // exit code of a process that refuses its configuration

// Folder of the launch that started this process; "" where none did.
std::string launch_folder();

// The program with the namespace that it is started in, by which its starts are counted: "rt_node@left".
std::string program_name(const std::string & program, int argc, const char * const * argv);

// Has the launch end, with this message. Nothing where there is no launch, or its warden has gone.
void refuse(const std::string & program, const std::string & message);

// The first refusal, as "program: message"; none where nobody refused.
std::optional<std::string> refusal(const std::string & folder);

// Notes a start of the program, and waits where the starts before it were short: twice as long each
// time. Returns why it shall not start again at all; "" where it may.
std::string note_start(const std::string & program);

// Seconds to wait before a start that `quick` quick ends went before; negative: not again.
double back_off(int quick);

}  // namespace inhand_control::node
