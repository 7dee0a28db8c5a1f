// Threads, set on purpose: TBB over items and tiles, libtorch inside one evaluation, and their
// product never exceeds the budget that the user gave with -j.
#pragma once

#include <cstdint>
#include <functional>

namespace restore {

struct ThreadBudget {
  int items = 1;     // items in flight at once
  int per_item = 1;  // threads inside one item
};

// Divides `threads` (0: all cores this process may use) among `items` independent pieces of work:
// many items get one thread each, few items share what there is. items * per_item <= threads.
ThreadBudget divide_threads(int threads, std::int64_t items);

// The cores this process may use (affinity respected).
int available_threads();

// Runs `body(i)` for i in [0, count), at most `budget.items` at once; inside a body
// `parallel_ranges` may use `budget.per_item` threads. An exception of a body reaches the caller.
void parallel_items(std::int64_t count, const ThreadBudget& budget,
                    const std::function<void(std::int64_t)>& body);

// Runs `body`, inside which parallel_ranges may use `threads` threads.
void with_threads(int threads, const std::function<void()>& body);

// Splits [0, count) into ranges of about `grain` and runs `body(begin, end)` on the current item's
// threads. Which ranges come out does not depend on the number of threads.
void parallel_ranges(std::int64_t count, std::int64_t grain,
                     const std::function<void(std::int64_t, std::int64_t)>& body);

}  // namespace restore
