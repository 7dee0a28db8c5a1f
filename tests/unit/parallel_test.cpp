#include "librestore/core/parallel.h"

#include <atomic>
#include <chrono>
#include <mutex>
#include <numeric>
#include <set>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <sched.h>

namespace restore {
namespace {

using Ranges = std::set<std::pair<std::int64_t, std::int64_t>>;

// The most bodies that were ever inside at once.
class Crowd {
 public:
  void enter() {
    const int now = ++inside_;
    int most = most_;
    while (now > most && !most_.compare_exchange_weak(most, now)) {
    }
  }
  void leave() { --inside_; }
  int most() const { return most_; }

 private:
  std::atomic<int> inside_ = 0, most_ = 0;
};

// Waits until `count` callers have arrived; false when they do not come within ten seconds.
bool meet(std::atomic<int>& arrived, int count) {
  ++arrived;
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (arrived < count) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::yield();
  }
  return true;
}

Ranges ranges_with(int threads, std::int64_t count, std::int64_t grain) {
  Ranges ranges;
  std::mutex mutex;
  parallel_items(1, {1, threads}, [&](std::int64_t) {
    parallel_ranges(count, grain, [&](std::int64_t begin, std::int64_t end) {
      const std::lock_guard lock(mutex);
      BOOST_REQUIRE(ranges.emplace(begin, end).second);
    });
  });
  return ranges;
}

BOOST_AUTO_TEST_CASE(affinity_bounds_the_threads) {
  cpu_set_t set;
  CPU_ZERO(&set);
  BOOST_REQUIRE(sched_getaffinity(0, sizeof set, &set) == 0);
  BOOST_TEST(available_threads() == CPU_COUNT(&set));
}

BOOST_AUTO_TEST_CASE(the_budget_is_divided) {
  const auto divided = [](int threads, std::int64_t items) {
    const ThreadBudget budget = divide_threads(threads, items);
    return std::pair(budget.items, budget.per_item);
  };
  BOOST_TEST((divided(8, 100) == std::pair(8, 1)));
  BOOST_TEST((divided(8, 3) == std::pair(3, 2)));
  BOOST_TEST((divided(8, 1) == std::pair(1, 8)));
  BOOST_TEST((divided(1, 50) == std::pair(1, 1)));
  BOOST_TEST((divided(4, 0) == std::pair(1, 4)));
  BOOST_TEST((divided(0, 1) == std::pair(1, available_threads())));
}

BOOST_AUTO_TEST_CASE(every_item_runs_once) {
  for (const int items : {1, 2, 5}) {
    std::vector<std::atomic<int>> runs(1000);
    parallel_items(1000, {items, 1}, [&](std::int64_t i) { ++runs[static_cast<std::size_t>(i)]; });
    for (const auto& count : runs) BOOST_TEST(count == 1);
  }
  parallel_items(0, {4, 1}, [](std::int64_t) { BOOST_ERROR("nothing was to be done"); });
}

BOOST_AUTO_TEST_CASE(one_thread_keeps_the_order) {
  std::vector<std::int64_t> order;
  parallel_items(50, {1, 4}, [&](std::int64_t i) { order.push_back(i); });
  std::vector<std::int64_t> expected(50);
  std::iota(expected.begin(), expected.end(), 0);
  BOOST_TEST(order == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(items_and_ranges_do_run_at_once) {
  // More threads than this machine may have cores: -j says how many, not the hardware.
  std::atomic<int> items = 0, ranges = 0, met = 0;
  parallel_items(3, {3, 1}, [&](std::int64_t) { met += meet(items, 3); });
  BOOST_TEST(met == 3);
  parallel_items(1, {1, 3}, [&](std::int64_t) {
    parallel_ranges(3, 1, [&](std::int64_t, std::int64_t) { met += meet(ranges, 3); });
  });
  BOOST_TEST(met == 6);
}

BOOST_AUTO_TEST_CASE(the_budget_is_never_exceeded) {
  constexpr int kItems = 3, kPerItem = 2;
  Crowd items, all;
  std::vector<Crowd> inside(12);
  parallel_items(12, {kItems, kPerItem}, [&](std::int64_t i) {
    items.enter();
    Crowd& mine = inside[static_cast<std::size_t>(i)];
    parallel_ranges(16, 1, [&](std::int64_t, std::int64_t) {
      mine.enter();
      all.enter();
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      all.leave();
      mine.leave();
    });
    items.leave();
  });
  BOOST_TEST(items.most() <= kItems);
  BOOST_TEST(all.most() <= kItems * kPerItem);
  for (const Crowd& crowd : inside) BOOST_TEST(crowd.most() <= kPerItem);
}

BOOST_AUTO_TEST_CASE(one_thread_inside_an_item_is_the_items_own) {
  std::atomic<int> its_own = 0;
  parallel_items(6, {3, 1}, [&](std::int64_t) {
    const auto self = std::this_thread::get_id();
    parallel_ranges(
        20, 1, [&](std::int64_t, std::int64_t) { its_own += std::this_thread::get_id() == self; });
  });
  BOOST_TEST(its_own == 6 * 20);
}

BOOST_AUTO_TEST_CASE(ranges_do_not_depend_on_threads) {
  const Ranges expected{{0, 30}, {30, 60}, {60, 90}, {90, 100}};
  for (const int threads : {1, 2, 5}) BOOST_TEST((ranges_with(threads, 100, 30) == expected));
  BOOST_TEST((ranges_with(2, 7, 30) == Ranges{{0, 7}}));
  BOOST_TEST(ranges_with(2, 0, 30).empty());
}

BOOST_AUTO_TEST_CASE(ranges_work_outside_any_item) {
  std::atomic<std::int64_t> sum = 0;
  parallel_ranges(1000, 7, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) sum += i;
  });
  BOOST_TEST(sum == 499500);
}

BOOST_AUTO_TEST_CASE(exceptions_reach_the_caller) {
  for (const int items : {1, 2}) {
    std::atomic<int> started = 0;
    BOOST_CHECK_THROW(parallel_items(1000, {items, 1},
                                     [&](std::int64_t i) {
                                       ++started;
                                       if (i == 3) throw std::runtime_error("item 3");
                                     }),
                      std::runtime_error);
    // The items that had not started stay unstarted.
    BOOST_TEST(started < 1000);
  }
  BOOST_CHECK_THROW(parallel_ranges(10, 1,
                                    [](std::int64_t begin, std::int64_t) {
                                      if (begin == 4) throw std::runtime_error("range 4");
                                    }),
                    std::runtime_error);
}

}  // namespace
}  // namespace restore
