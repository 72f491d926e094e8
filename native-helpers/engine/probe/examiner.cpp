#include "engine/probe/examiner.hpp"

#include <random>

#include "engine/probe/passes.hpp"
#include "engine/safety/approval.hpp"
#include "engine/session/line_channel.hpp"
#include "engine/session/order_fields.hpp"
#include "platform/clock.hpp"
#include "platform/process.hpp"
#include "platform/rights.hpp"

namespace carousel::probe {
namespace {

constexpr std::uint64_t kTellEvery = 200'000'000;  // ns
constexpr int kSayMs = 10'000;

/// Any line, or the end of the stream, means: stop. Asked between the transfers, so nothing is ever cut in the middle.
class Control {
 public:
  Control() : channel_(platform::inherited_control()) {}

  Result<json::Value> orders() {
    for (;;) {
      channel_.receive();
      if (const std::optional<std::string> line = channel_.next_line()) return json::parse(*line);
      if (channel_.closed()) return Error{Code::protocol, "no orders from the supervisor"};
      platform::PollItem item = channel_.poll_item();
      platform::poll({&item, 1}, -1);
    }
  }
  bool go_on() {
    channel_.receive();
    return !channel_.closed() && !channel_.next_line();
  }
  void say(const std::string& line) {
    channel_.send(line);
    channel_.drain(kSayMs);
  }

 private:
  LineChannel channel_;
};

std::uint64_t fresh_seed() {
  std::random_device source;
  return (std::uint64_t{source()} << 32U) ^ source();
}

Report examine(const Orders& orders, Control& control) {
  Result<platform::BlockFile> file = platform::BlockFile::open_target(orders.target);
  if (!file) return failed(file.error(), Left::as_before);
  if (orders.target.device) {
    if (Status status = safety::confirm(*file, orders.target.path, orders.approval); !status) return failed(status.error(), Left::as_before);
  }
  if (Status status = platform::give_up_rights(); !status) return failed(status.error(), Left::as_before);
  Run* running = nullptr;
  std::uint64_t told_ns = 0;
  std::string told_phase;
  Drive drive(std::move(*file), [&] {
    const std::uint64_t now = platform::now_ns();
    if (running != nullptr && (now - told_ns >= kTellEvery || told_phase != running->progress.phase)) {
      const Progress& p = running->progress;
      told_ns = now;
      told_phase = p.phase;
      control.say(json::Fields().add("say", "progress").add("phase", p.phase).add("bytes", p.bytes).add("of", p.of).str());
    }
    return control.go_on();
  });
  if (drive.whole_units() == 0) return failed({Code::not_a_drive, "it is smaller than one sector"}, Left::as_before);
  const std::uint64_t seed = fresh_seed();
  Run run{drive, Pattern(seed), std::mt19937_64(seed), Findings(drive.size()), {}, {}};
  running = &run;
  const Status status = orders.full ? probe_full(run) : probe_quick(run);
  Report& report = run.report;
  const Findings& seen = run.findings;
  report.cancelled = drive.stopped();
  report.tested = seen.tested(), report.bad_bytes = seen.bad_bytes(), report.first_bad = seen.first_bad();
  report.bad = seen.ranges(report.bad_more);
  if (!status && !report.cancelled) report.error = status.error();
  if (status) {
    report.verdict = seen.judge();
    report.real = seen.real_bytes(), report.real_at_most = seen.real_at_most();
  }
  return report;
}

}  // namespace

std::string to_line(const Orders& orders) {
  json::Fields f;
  f.add("path", orders.target.path).add("size", orders.target.expected_size).add("full", orders.full).add("approval", orders.approval);
  add_identity(f, orders.target.expected);
  return f.str();
}

Result<Orders> orders_from(const json::Value& line) {
  OrderFields f(line);
  Orders orders;
  orders.target.path = f.text("path");
  orders.target.expected_size = f.whole("size");
  orders.target.expected = f.identity();
  orders.target.device = orders.target.expected.device;
  orders.target.allocate = 1;  // a file stays as long as it is
  orders.full = f.flag("full");
  orders.approval = f.text("approval");
  if (!f.good()) return Error{Code::protocol, "the orders of a probe are not complete"};
  return orders;
}

int run_examiner() {
  platform::ignore_interrupts();
  Control control;
  Result<json::Value> line = control.orders();
  if (!line) return 3;
  const Result<Orders> orders = orders_from(*line);
  control.say(to_line(orders ? examine(*orders, control) : failed(orders.error(), Left::as_before)));
  return 0;
}

}  // namespace carousel::probe
