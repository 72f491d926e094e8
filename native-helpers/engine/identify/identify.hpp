// Makes the light of one drive blink, so that a person finds it (carousel-helper identify DRIVE): it is read from in short bursts.
#pragma once

#include <string>

namespace carousel {

/// Blinks for a few seconds, or until standard input ends or says anything; says `identified` or `error` and returns the exit code of the
/// process. Nothing is written, what is read is not looked at, and a drive that anything holds exclusively is left alone.
int run_identify(const std::string& path);

}  // namespace carousel
