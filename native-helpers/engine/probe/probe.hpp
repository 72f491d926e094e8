// The supervisor of one probe (carousel-helper probe): checks the drive, starts the process that examines it, tells the front end
// what happens, gives a drive up that does not answer.
#pragma once

namespace carousel::probe {

/// Reads `probe` from standard input; the end of standard input, `cancel` and SIGINT stop it. Returns the exit code of the process.
int run_probe();

}  // namespace carousel::probe
