#include "engine/probe/findings.hpp"
#include "engine/probe/pattern.hpp"

#include <array>
#include <cstring>

#include "base/bytes.hpp"
#include "engine/session/order_fields.hpp"
#include "engine/session/orders.hpp"
#include "tests/test.hpp"

using namespace carousel;
using namespace carousel::probe;

TEST("probe: a stamp says where it belongs; any bit that is wrong, or another run's stamp, says nothing") {
  const Pattern pattern(7), other(8);
  std::array<std::byte, 4 * kStamp> bytes;
  const std::uint64_t at = 123 * MiB;
  pattern.fill(at, bytes);
  for (std::size_t i = 0; i < bytes.size(); i += kStamp) {
    CHECK(pattern.origin(std::span(bytes).subspan(i, kStamp)) == at + i);
    CHECK(!other.origin(std::span(bytes).subspan(i, kStamp)));
  }
  for (std::size_t bit = 0; bit < kStamp * 8; ++bit) {
    auto broken = bytes;
    broken[bit / 8] ^= std::byte{1} << (bit % 8);
    CHECK(!pattern.origin(std::span(broken).first(kStamp)));
  }
}

TEST("probe: what follows from what was seen") {
  const std::uint64_t size = 1024 * MiB;
  Findings good(size);
  good.good({0, size});
  CHECK(good.judge() == Verdict::genuine && good.real_bytes() == size && !good.ends_early());

  Findings drops(size);
  drops.good({0, 64 * MiB});
  drops.bad({100 * MiB, MiB});
  CHECK(drops.judge() == Verdict::fake_drops && drops.real_bytes() == 64 * MiB && drops.real_at_most() == 100 * MiB && drops.ends_early());
  drops.good({200 * MiB, 4096});
  CHECK(drops.judge() == Verdict::damaged && drops.real_bytes() == 100 * MiB && !drops.ends_early());

  Findings nothing(size);
  nothing.bad({0, size});
  CHECK(nothing.judge() == Verdict::damaged && nothing.real_bytes() == 0 && nothing.real_at_most() == 0);

  Findings end(size);
  end.good({0, size - 4096});
  end.bad({size - 4096, 4096});
  CHECK(end.judge() == Verdict::damaged);

  Findings wraps(size);
  wraps.wrapped({300 * MiB, kStamp}, 200 * MiB);
  wraps.wrapped({500 * MiB, kStamp}, 300 * MiB);
  wraps.good({0, 4096});
  CHECK(wraps.judge() == Verdict::fake_wraps && wraps.real_bytes() == 100 * MiB);

  Findings unstable(size);
  unstable.good({0, 4096});
  unstable.unstable({8192, 4096});
  unstable.good({size - 4096, 4096});
  CHECK(unstable.judge() == Verdict::unstable && unstable.bad_bytes() == 4096);
}

TEST("probe: at most so many ranges are named, the rest is counted; a report survives its way") {
  Findings many(1024 * MiB);
  for (std::uint64_t i = kMaxRanges + 5; i > 0; --i) many.bad({i * 8192, 512});
  Report report;
  report.verdict = many.judge();
  report.bad = many.ranges(report.bad_more);
  report.first_bad = many.first_bad();
  report.missed_share = 0.02313;
  CHECK(report.bad.size() == kMaxRanges && report.bad_more == 5 && report.first_bad == 8192);
  CHECK(report.bad[0].offset < report.bad[1].offset);
  const Result<json::Value> line = json::parse(to_line(report));
  CHECK(line.ok());
  const Result<Report> back = report_from(*line);
  CHECK(back.ok() && back->verdict == Verdict::damaged && back->bad.size() == kMaxRanges && back->bad_more == 5 && !back->error);
  CHECK(!report_from(*json::parse(R"({"say":"report"})")));
}

TEST("orders: a thousand ranges to skip fit in a line and come back as they were") {
  ProducerOrders orders;
  orders.path = "/" + std::string(4000, 'x');
  for (std::uint64_t i = 0; i < 1000; ++i) orders.skip.push_back({9'000'000'000'000'000U + i * 4096, 512});
  const std::string line = to_line(orders);
  CHECK(line.size() < json::kMaxLine);
  const Result<ProducerOrders> back = producer_orders(*json::parse(line));
  CHECK(back.ok() && back->skip.size() == 1000 && back->skip[999].offset == orders.skip[999].offset && back->skip[999].length == 512);
}
