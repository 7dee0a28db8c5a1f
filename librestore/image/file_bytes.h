// Whole files in memory, every byte accounted for.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

namespace restore {

std::vector<std::uint8_t> read_file(const std::filesystem::path& path);

// Replaces what the file holds. Throws an item error about `shown` when the disk does not take it
// all.
void write_file(const std::filesystem::path& path, std::span<const std::uint8_t> bytes,
                const std::filesystem::path& shown);

// Replaces the first `old_size` bytes of the file; the others are moved without being held. Throws
// as write_file.
void replace_head(const std::filesystem::path& path, std::size_t old_size,
                  std::span<const std::uint8_t> head, const std::filesystem::path& shown);

}  // namespace restore
