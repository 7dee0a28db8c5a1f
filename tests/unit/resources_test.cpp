// Threads and memory are divided by the size and the number of items, and never more is given than
// there is.
#include "librestore/run/resources.h"

#include <atomic>
#include <thread>
#include <vector>

#include <boost/test/unit_test.hpp>

namespace restore {
namespace {

BOOST_AUTO_TEST_CASE(many_small_items_have_a_thread_each) {
  Resources resources(2, 100, 40);
  const auto a = resources.reserve(10), b = resources.reserve(10);
  BOOST_TEST(a.threads() == 1);
  BOOST_TEST(b.threads() == 1);
}

BOOST_AUTO_TEST_CASE(a_large_item_has_all_threads) {
  Resources resources(8, 100, 40);
  const auto large = resources.reserve(1000);
  BOOST_TEST(large.threads() == 8);
}

BOOST_AUTO_TEST_CASE(no_thread_is_left_over) {
  Resources resources(8, 100, 40);
  const auto a = resources.reserve(26), b = resources.reserve(26), c = resources.reserve(26);
  BOOST_TEST(a.threads() == 2);  // three fit
  BOOST_TEST(b.threads() == 3);
  BOOST_TEST(c.threads() == 3);
  Resources others(8, 100, 40);
  BOOST_TEST(others.reserve(60).threads() == 8);  // no second fits
}

BOOST_AUTO_TEST_CASE(what_is_written_leaves_the_threads_to_the_next) {
  Resources resources(8, 100, 40);
  auto written = resources.reserve(90);
  BOOST_TEST(written.threads() == 8);
  written.only_writes(10);
  const auto next = resources.reserve(90);  // waits for ever if more is held
  BOOST_TEST(next.threads() == 8);
}

BOOST_AUTO_TEST_CASE(the_last_items_share_what_is_free) {
  Resources one(8, 100, 1);
  BOOST_TEST(one.reserve(1).threads() == 8);
  Resources three(8, 100, 5);
  three.item_ended();  // done before: they need nothing
  three.item_ended();
  const auto a = three.reserve(1), b = three.reserve(1), c = three.reserve(1);
  BOOST_TEST(a.threads() == 2);
  BOOST_TEST(b.threads() == 3);
  BOOST_TEST(c.threads() == 3);
}

BOOST_AUTO_TEST_CASE(no_more_is_given_than_there_is) {
  constexpr int kItems = 60, kThreads = 4, kBytes = 100;
  Resources resources(kThreads, kBytes, kItems);
  std::atomic<int> threads = 0, bytes = 0, most_threads = 0, most_bytes = 0, next = 0, done = 0;
  const auto raise = [](std::atomic<int>& most, int now) {
    int before = most;
    while (now > before && !most.compare_exchange_weak(before, now)) {
    }
  };
  const auto work = [&] {
    for (int i = next++; i < kItems; i = next++) {
      const int need = 1 + 37 * i % 120;  // some more than there is
      {
        const auto share = resources.reserve(need);
        raise(most_threads, threads += share.threads());
        raise(most_bytes, bytes += std::min(need, kBytes));
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        threads -= share.threads();
        bytes -= std::min(need, kBytes);
      }
      resources.item_ended();
      ++done;
    }
  };
  std::vector<std::thread> workers;
  for (int i = 0; i < 6; ++i) workers.emplace_back(work);
  for (auto& worker : workers) worker.join();
  BOOST_TEST(done == kItems);
  BOOST_TEST(most_threads <= kThreads);
  BOOST_TEST(most_bytes <= kBytes);
}

}  // namespace
}  // namespace restore
