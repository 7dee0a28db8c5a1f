#include "tools/command_line/command_line.h"

#include <string_view>

#include <fmt/core.h>

#include "librestore/core/error.h"

namespace restore {
namespace {

constexpr std::size_t kFlagColumn = 32;  // where the descriptions start in --help

// CLI11 shows no default where the option's text says what its value is.
class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_option_desc(const CLI::Option* option) const override {
    const auto text = option->get_description(), value = option->get_default_str();
    return value.empty() ? text : fmt::format("{} (default {})", text, value);
  }
};

std::string footer_of(const ToolText& text) {
  std::string footer = "Example:\n  " + text.example;
  if (!text.notes.empty()) footer += "\n\n" + text.notes;
  return footer;
}

// CLI11 leaves two empty lines between groups.
std::string with_single_gaps(std::string help) {
  for (auto gap = help.find("\n\n\n"); gap != std::string::npos; gap = help.find("\n\n\n"))
    help.erase(gap, 1);
  return help;
}

// CLI11 would take the next word for the value of `--flag=`.
void check_no_empty_value(int argc, char** argv) {
  for (int i = 1; i < argc && std::string_view(argv[i]) != "--"; ++i) {
    const std::string_view word = argv[i];
    if (word.starts_with("--") && word.ends_with('='))
      throw usage_error("{} has no value", word.substr(0, word.size() - 1));
  }
}

}  // namespace

std::unique_ptr<CLI::App> make_command_line(const ToolText& text) {
  auto app = std::make_unique<CLI::App>(text.purpose, text.name);
  app->set_version_flag("--version", text.name + " " RESTORE_VERSION, "Print the version");
  app->set_help_flag("-h,--help", "Print this help");
  app->formatter(std::make_shared<HelpFormatter>());
  app->get_formatter()->column_width(kFlagColumn);
  app->get_formatter()->label("OPTIONS", "OPTION...");
  app->get_formatter()->label("Positionals", "Input");
  app->footer(footer_of(text));
  return app;
}

CLI::Validator above_zero() {
  return {[](std::string& text) {
            double value = 0;
            const bool good = CLI::detail::lexical_cast(text, value) && value > 0;
            return good ? "" : fmt::format("'{}' is not a number above 0", text);
          },
          "POSITIVE"};
}

CLI::Validator whole_number() {
  return {[](std::string& text) {
            const bool good = text.find_first_not_of("0123456789") == std::string::npos;
            return good ? "" : fmt::format("'{}' is not a whole number, 0 or more", text);
          },
          "UINT"};
}

void add_listing(CLI::App& app, const std::string& flag, const std::string& help,
                 const std::function<void()>& print) {
  app.add_flag_callback(
      flag,
      [print] {
        print();
        throw CLI::Success();
      },
      help);
}

bool parse_command_line(CLI::App& app, int argc, char** argv) {
  check_no_empty_value(argc, argv);
  try {
    app.parse(argc, argv);
    return true;
  } catch (const CLI::CallForHelp&) {
    fmt::print("{}", with_single_gaps(app.help()));
  } catch (const CLI::CallForVersion& version) {
    fmt::print("{}\n", version.what());
  } catch (const CLI::Success&) {  // a listing
  } catch (const CLI::ParseError& error) {
    throw usage_error("{}; see {} --help", error.what(), app.get_name());
  }
  return false;
}

}  // namespace restore
