#include "librestore/core/parallel.h"

#include <algorithm>
#include <optional>

#include <oneapi/tbb/flow_graph.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/info.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>
#ifdef RESTORE_THREAD_SANITIZER
#include <sanitizer/tsan_interface.h>
#endif

namespace restore {
namespace {

// What TBB orders: all before a fork, what runs in it, all after it. TBB is not compiled with the
// thread sanitizer, nor is this file (CMakeLists.txt), so the sanitizer is told.
class Fork {
 public:
  Fork() { before(begun_); }
  ~Fork() { after(ended_); }
  Fork(const Fork&) = delete;
  Fork& operator=(const Fork&) = delete;

  template <typename Body>
  void run(const Body& body) {
    struct Branch {
      Fork& fork;
      explicit Branch(Fork& of) : fork(of) { after(fork.begun_); }
      ~Branch() { before(fork.ended_); }
    } const branch(*this);
    body();
  }

 private:
#ifdef RESTORE_THREAD_SANITIZER
  static void before(char& point) { __tsan_release(&point); }
  static void after(char& point) { __tsan_acquire(&point); }
#else
  static void before(char&) {}
  static void after(char&) {}
#endif
  char begun_ = 0, ended_ = 0;
};

}  // namespace

int available_threads() { return tbb::info::default_concurrency(); }

ThreadBudget divide_threads(int threads, std::int64_t items) {
  const int all = threads > 0 ? threads : available_threads();
  const int in_flight = static_cast<int>(std::clamp<std::int64_t>(items, 1, all));
  return {in_flight, all / in_flight};
}

void parallel_items(std::int64_t count, const ThreadBudget& budget,
                    const std::function<void(std::int64_t)>& body) {
  const int workers =
      static_cast<int>(std::clamp<std::int64_t>(budget.items, 1, std::max<std::int64_t>(count, 1)));
  // TBB keeps no more threads than cores unless told otherwise; -j may ask for more.
  std::optional<tbb::global_control> more;
  if (workers * budget.per_item > available_threads())
    more.emplace(tbb::global_control::max_allowed_parallelism, workers * budget.per_item);

  Fork fork;
  tbb::task_arena(workers).execute([&] {
    namespace flow = tbb::flow;
    flow::graph graph;
    flow::input_node<std::int64_t> items(
        graph, [next = std::int64_t{0}, count](tbb::flow_control& control) mutable {
          if (next == count) control.stop();
          return next++;
        });
    // Asks for the next item when it can begin it: items start in their order. Each has an arena of
    // its own that bounds the threads inside it: a thread that waits inside one item can never pick
    // up another item meanwhile.
    flow::function_node<std::int64_t, flow::continue_msg, flow::rejecting> work(
        graph, static_cast<std::size_t>(workers), [&](std::int64_t i) {
          tbb::task_arena inside(std::max(budget.per_item, 1));
          inside.execute([&] { fork.run([&] { body(i); }); });
        });
    flow::make_edge(items, work);
    items.activate();
    graph.wait_for_all();
  });
}

void with_threads(int threads, const std::function<void()>& body) {
  Fork fork;
  tbb::task_arena inside(std::max(threads, 1));
  inside.execute([&] { fork.run(body); });
}

void parallel_ranges(std::int64_t count, std::int64_t grain,
                     const std::function<void(std::int64_t, std::int64_t)>& body) {
  grain = std::max<std::int64_t>(grain, 1);
  const std::int64_t ranges = (count + grain - 1) / grain;
  Fork fork;
  const auto run = [&](std::int64_t range) {
    fork.run([&] { body(range * grain, std::min(count, (range + 1) * grain)); });
  };
  if (ranges == 1) {
    run(0);
  } else {
    tbb::parallel_for(std::int64_t{0}, ranges, run);
  }
}

}  // namespace restore
