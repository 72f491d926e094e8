// carousel-helper: one program in several roles (docs/helper-protocol.md).
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "engine/broker/broker.hpp"
#include "engine/consumer/consumer.hpp"
#include "engine/feed/feeder.hpp"
#include "engine/feed/receiver.hpp"
#include "engine/identify/identify.hpp"
#include "engine/job/run.hpp"
#include "engine/probe/examiner.hpp"
#include "engine/probe/probe.hpp"
#include "engine/producer/producer.hpp"
#include "engine/session/verbs.hpp"
#include "platform/device_watcher.hpp"
#include "platform/process.hpp"
#include "platform/rights.hpp"

namespace {

int usage() {
  std::fputs(
      "usage: carousel-helper job | attach JOB | jobs | check PATH... | survey PATH... | resumable FOLDER BLOCKSIZE SOURCE TARGET... | probe | identify DRIVE | watch |"
      " broker FOLDER | --version\n"
      "The helper of Carousel; started by the app and the carousel command. See docs/helper-protocol.md.\n",
      stderr);
  return 2;
}

/// Prints a line for each block device that comes, goes or changes, until standard input ends.
int watch() {
  carousel::Result<carousel::platform::DeviceWatcher> watcher = carousel::platform::DeviceWatcher::open();
  if (!watcher) {
    std::fprintf(stderr, "%s\n", watcher.error().what.c_str());
    return 1;
  }
  while (const auto change = watcher->next(0)) {
    std::printf("%s\n", carousel::json::Fields().add("change", change->action).add("device", change->device).str().c_str());
    std::fflush(stdout);
  }
  return 0;
}

int run(const std::vector<std::string>& args) {
  if (args.empty()) return usage();
  const std::string& role = args[0];
  const bool worker = role == "produce" || role == "consume" || role == "examine" || role == "feed" || role == "receive";
  if (worker && (args.size() != 2 || !carousel::platform::started_by_supervisor())) return usage();
  if (role == "produce") return carousel::run_producer();
  if (role == "consume") return carousel::run_consumer();
  if (role == "feed") return carousel::run_feeder();
  if (role == "receive") return carousel::run_receiver();
  if (role == "examine") return carousel::probe::run_examiner();
  if (role == "broker" && args.size() == 2) return carousel::run_broker(args[1]);
  if (role == "probe" && args.size() == 1) return carousel::probe::run_probe();
  if (role == "identify" && args.size() == 2) return carousel::run_identify(args[1]);
  if (role == "job" && args.size() == 1) return carousel::run_job();
  if (role == "attach" && args.size() == 2) return carousel::run_attach(args[1]);
  if (role == "jobs" && args.size() == 1) return carousel::run_jobs();
  if ((role == "check" || role == "survey") && args.size() > 1) return carousel::run_check({args.begin() + 1, args.end()}, role == "survey");
  if (role == "resumable" && args.size() > 4) return carousel::run_resumable(args[1], args[2], args[3], {args.begin() + 4, args.end()});
  if (role == "watch" && args.size() == 1) return watch();
  if (role == "--version") {
    std::printf("%s\n", carousel::json::Fields().add("version", carousel::kProtocolVersion).add("helper", carousel::kHelperVersion).str().c_str());
    return 0;
  }
  return usage();
}

}  // namespace

int main(int argc, char** argv) {
  carousel::platform::prepare_process();
  const std::vector<std::string> args(argv + (argc > 0 ? 1 : 0), argv + argc);
  const std::string place = args.size() == 2 && args[0] == "broker" ? args[1] : std::string();
  if (const carousel::Status status = carousel::platform::act_as_caller(place); !status) {
    std::fprintf(stderr, "%s\n", status.error().what.c_str());
    return place.empty() ? 1 : carousel::kBrokerFailed;
  }
  const int code = run(args);
  std::fflush(stdout);
  // No destructors at the end of the process: a worker's watching thread may still look at what they would take away.
  std::_Exit(code);
}
