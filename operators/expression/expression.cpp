#include "operators/expression/expression.h"

#include "librestore/core/parameters.h"

namespace restore {
namespace {

struct Token {
  enum class Kind {
    word,
    quoted,
    open,
    close,
    open_stack,
    close_stack,
    semicolon,
    comma,
    equals,
    pipe,
    end
  };
  Kind kind = Kind::end;
  std::string text;
  std::size_t column = 1;
};

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::optional<Token::Kind> punctuation(char c) {
  switch (c) {
    case '(':
      return Token::Kind::open;
    case ')':
      return Token::Kind::close;
    case '[':
      return Token::Kind::open_stack;
    case ']':
      return Token::Kind::close_stack;
    case ';':
      return Token::Kind::semicolon;
    case ',':
      return Token::Kind::comma;
    case '=':
      return Token::Kind::equals;
    case '|':
      return Token::Kind::pipe;
    default:
      return std::nullopt;
  }
}

bool ends_word(char c) { return is_space(c) || c == '"' || punctuation(c).has_value(); }

// Continuation bytes of UTF-8 do not start a character.
std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::vector<Token> tokenize(const ExpressionSource& source) {
  const std::string_view text = source.text();
  std::vector<Token> tokens;
  std::size_t i = 0;
  const auto push = [&](Token::Kind kind, std::size_t from, std::string_view piece) {
    tokens.push_back({kind, std::string(piece), characters(text.substr(0, from)) + 1});
  };
  while (i < text.size()) {
    const std::size_t start = i;
    if (is_space(text[i])) {
      ++i;
    } else if (const auto kind = punctuation(text[i])) {
      push(*kind, start, text.substr(i++, 1));
    } else if (text[i] == '"') {
      const std::size_t close = text.find('"', i + 1);
      if (close == std::string_view::npos)
        throw source.error(characters(text.substr(0, i)) + 1, "this quote is never closed");
      push(Token::Kind::quoted, start, text.substr(i + 1, close - i - 1));
      i = close + 1;
    } else {
      while (i < text.size() && !ends_word(text[i])) ++i;
      push(Token::Kind::word, start, text.substr(start, i - start));
    }
  }
  push(Token::Kind::end, text.size(), {});
  return tokens;
}

std::optional<double> as_number(const std::string& text) {
  try {
    return parse_number(text, "");
  } catch (const Error&) {
    return std::nullopt;
  }
}

constexpr int kDeepest = 16;  // brackets in brackets

class Parser {
 public:
  explicit Parser(const ExpressionSource& source) : source_(source), tokens_(tokenize(source)) {}

  std::vector<ExpressionCall> expression() {
    auto calls = chain();
    expect_end("expected '|' or the end");
    return calls;
  }

  ExpressionValue lone_value() {
    auto result = value();
    expect_end("expected the end");
    return result;
  }

 private:
  const Token& next(std::size_t ahead = 0) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
  }
  bool is(Token::Kind kind, std::size_t ahead = 0) const { return next(ahead).kind == kind; }
  bool accept(Token::Kind kind) {
    if (!is(kind)) return false;
    ++at_;
    return true;
  }
  Error unexpected(std::string_view wanted) const {
    return source_.error(next().column, is(Token::Kind::end)
                                            ? fmt::format("{} here", wanted)
                                            : fmt::format("{}, got \"{}\"", wanted, next().text));
  }
  void expect_end(std::string_view wanted) const {
    if (!is(Token::Kind::end)) throw unexpected(wanted);
  }

  std::vector<ExpressionCall> chain() {
    std::vector<ExpressionCall> calls{call()};
    while (accept(Token::Kind::pipe)) calls.push_back(call());
    return calls;
  }

  ExpressionCall stack() {
    ExpressionCall result{"a stack", next().column};
    if (++depth_ > kDeepest)
      throw source_.error(result.column, fmt::format("brackets nest at most {} deep", kDeepest));
    do {
      ++at_;
      result.branches.push_back(chain());
    } while (is(Token::Kind::semicolon));
    if (is(Token::Kind::end)) throw source_.error(result.column, "this bracket is never closed");
    if (!accept(Token::Kind::close_stack)) throw unexpected("expected '|', ';' or ']'");
    --depth_;
    return result;
  }

  ExpressionCall call() {
    if (is(Token::Kind::open_stack)) return stack();
    if (!is(Token::Kind::word)) throw unexpected("expected the name of an operator");
    ExpressionCall result{next().text, next().column};
    ++at_;
    if (!is(Token::Kind::open)) return result;
    const std::size_t opened = next().column;
    ++at_;
    if (accept(Token::Kind::close)) return result;
    do {
      result.arguments.push_back(argument());
    } while (accept(Token::Kind::comma));
    if (is(Token::Kind::end)) throw source_.error(opened, "this parenthesis is never closed");
    if (!accept(Token::Kind::close)) throw unexpected("expected ',' or ')'");
    return result;
  }

  ExpressionArgument argument() {
    ExpressionArgument result;
    result.column = next().column;
    if (is(Token::Kind::word) && is(Token::Kind::equals, 1)) {
      result.key = next().text;
      at_ += 2;
    }
    result.value = value();
    return result;
  }

  ExpressionValue value() {
    if (!is(Token::Kind::word) && !is(Token::Kind::quoted)) throw unexpected("expected a value");
    const Token token = next();
    ++at_;
    ExpressionValue result;
    result.text = token.text;
    result.column = token.column;
    if (token.kind == Token::Kind::quoted) {
      result.kind = ExpressionValue::Kind::quoted;
    } else if (const auto number = as_number(token.text)) {
      result.kind = ExpressionValue::Kind::number;
      result.number = *number;
    } else if (token.text.find(':') != std::string::npos) {
      spec(result);
    }
    return result;
  }

  // Reads `word:number` and the numbers that follow it. A number after the comma belongs to the
  // list, so an argument after a spec is a word or has a key.
  void spec(ExpressionValue& result) {
    const std::size_t colon = result.text.find(':');
    result.kind = ExpressionValue::Kind::spec;
    result.head = result.text.substr(0, colon);
    const std::string first = result.text.substr(colon + 1);
    const auto number = as_number(first);
    if (!number)
      throw source_.error(
          result.column + characters(result.text.substr(0, colon + 1)),
          fmt::format("\"{}\" is not a number; a path with a colon needs quotes", first));
    result.numbers.push_back(*number);
    while (is(Token::Kind::comma) && is(Token::Kind::word, 1) && !is(Token::Kind::equals, 2)) {
      const auto more = as_number(next(1).text);
      if (!more) break;
      result.numbers.push_back(*more);
      result.text += "," + next(1).text;
      at_ += 2;
    }
  }

  const ExpressionSource& source_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

ExpressionSource::ExpressionSource(std::string text, std::string what)
    : text_(std::move(text)), what_(std::move(what)) {}

Error ExpressionSource::error(std::size_t column, std::string_view message) const {
  auto line = fmt::format("{} \"{}\", column {}: {}", what_, text_, column, message);
  std::replace_if(line.begin(), line.end(), is_space, ' ');  // one line, whatever the text holds
  return usage_error("{}", line);
}

std::vector<ExpressionCall> parse_expression(const ExpressionSource& source) {
  return Parser(source).expression();
}

ExpressionValue parse_value(const ExpressionSource& source) { return Parser(source).lone_value(); }

}  // namespace restore
