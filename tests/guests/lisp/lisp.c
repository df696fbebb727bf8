/* A small Lisp: reads programs as text, interprets them, prints what they give. */
#include "console.h"
#include "string.h"

#define CELLS 40000
#define LONGEST_SYMBOL 15

enum type { EMPTY, NUMBER, SYMBOL, PAIR, PRIMITIVE, LAMBDA };

struct object;
typedef struct object *(*primitive)(struct object *arguments);

struct object {
    enum type type;
    union {
        int32_t number;
        char symbol[LONGEST_SYMBOL + 1];
        struct {
            struct object *first, *rest;
        };
        primitive function;
        struct {
            struct object *parameters, *body, *scope;
        };
    };
};

static struct object cells[CELLS], empty = {.type = EMPTY};
static struct object *symbols = &empty, *globals = &empty, *truth, *quote, *conditional, *define, *lambda;
static unsigned used, failures;

static struct object *new(enum type type) {
    if (used == CELLS) {
        put_string("out of cells\n");
        finish("lisp", 1);
    }
    cells[used].type = type;
    return &cells[used++];
}

static struct object *number(int32_t value) {
    struct object *o = new(NUMBER);
    o->number = value;
    return o;
}

static struct object *cons(struct object *first, struct object *rest) {
    struct object *o = new(PAIR);
    o->first = first;
    o->rest = rest;
    return o;
}

static struct object *second(struct object *list) { return list->rest->first; }
static struct object *third(struct object *list) { return list->rest->rest->first; }

/* The one object of a name: symbols are compared by address. */
static struct object *intern(const char *name, size_t length) {
    for (struct object *s = symbols; s != &empty; s = s->rest)
        if (strlen(s->first->symbol) == length && memcmp(s->first->symbol, name, length) == 0)
            return s->first;
    struct object *o = new(SYMBOL);
    memcpy(o->symbol, name, length);
    o->symbol[length] = 0;
    symbols = cons(o, symbols);
    return o;
}

/* ---- reading and printing -------------------------------------------------------------------- */

static const char *text;

static int is_digit(char c) { return c >= '0' && c <= '9'; }
static int is_delimiter(char c) { return c == 0 || c == ' ' || c == '\n' || c == '(' || c == ')'; }

static void skip_spaces(void) {
    while (*text == ' ' || *text == '\n')
        text++;
}

static struct object *read(void);

static struct object *read_list(void) {
    skip_spaces();
    if (*text == ')') {
        text++;
        return &empty;
    }
    struct object *first = read();
    return cons(first, read_list());
}

static struct object *read(void) {
    skip_spaces();
    if (*text == '(') {
        text++;
        return read_list();
    }
    if (*text == '\'') {
        text++;
        return cons(quote, cons(read(), &empty));
    }
    if (is_digit(*text)) {
        int32_t value = 0;
        while (is_digit(*text))
            value = value * 10 + (*text++ - '0');
        return number(value);
    }
    const char *start = text;
    while (!is_delimiter(*text))
        text++;
    return intern(start, text - start);
}

static char printed[256];
static size_t printed_length;

static void print_char(char c) {
    if (printed_length < sizeof printed - 1)
        printed[printed_length++] = c;
    printed[printed_length] = 0;
}

static void print_string(const char *s) {
    while (*s)
        print_char(*s++);
}

static void print_decimal(uint32_t value) {
    if (value >= 10)
        print_decimal(value / 10);
    print_char('0' + value % 10);
}

static void print(const struct object *o) {
    switch (o->type) {
    case EMPTY:
        print_string("()");
        break;
    case NUMBER:
        if (o->number < 0)
            print_char('-');
        print_decimal(o->number < 0 ? -(uint32_t)o->number : (uint32_t)o->number);
        break;
    case SYMBOL:
        print_string(o->symbol);
        break;
    case PAIR:
        for (char before = '('; o->type == PAIR; o = o->rest, before = ' ') {
            print_char(before);
            print(o->first);
        }
        print_char(')');
        break;
    case PRIMITIVE:
        print_string("<primitive>");
        break;
    case LAMBDA:
        print_string("<lambda>");
        break;
    }
}

/* ---- evaluation ------------------------------------------------------------------------------ */

static struct object *add(struct object *a) { return number(a->first->number + second(a)->number); }
static struct object *subtract(struct object *a) { return number(a->first->number - second(a)->number); }
static struct object *multiply(struct object *a) { return number(a->first->number * second(a)->number); }
static struct object *remainder(struct object *a) { return number(a->first->number % second(a)->number); }
static struct object *less(struct object *a) { return a->first->number < second(a)->number ? truth : &empty; }
static struct object *equal(struct object *a) { return a->first->number == second(a)->number ? truth : &empty; }
static struct object *is_empty(struct object *a) { return a->first == &empty ? truth : &empty; }
static struct object *cons_of(struct object *a) { return cons(a->first, second(a)); }
static struct object *first_of(struct object *a) { return a->first->first; }
static struct object *rest_of(struct object *a) { return a->first->rest; }

/* A scope is a list of (name . value) pairs. */
static struct object *look_up(struct object *name, struct object *scope) {
    for (; scope != &empty; scope = scope->rest)
        if (scope->first->first == name)
            return scope->first->rest;
    for (scope = globals; scope != &empty; scope = scope->rest)
        if (scope->first->first == name)
            return scope->first->rest;
    failures++;
    return &empty;
}

static struct object *evaluate(struct object *expression, struct object *scope);

static struct object *evaluate_all(struct object *list, struct object *scope) {
    if (list == &empty)
        return list;
    struct object *first = evaluate(list->first, scope);
    return cons(first, evaluate_all(list->rest, scope));
}

static struct object *evaluate(struct object *expression, struct object *scope) {
    for (;;) { /* around again for the last expression of a function: tail calls need no stack */
        if (expression->type == SYMBOL)
            return look_up(expression, scope);
        if (expression->type != PAIR)
            return expression;

        struct object *head = expression->first;
        if (head == quote)
            return second(expression);
        if (head == conditional) {
            struct object *branches = expression->rest->rest;
            int holds = evaluate(second(expression), scope) != &empty;
            expression = holds ? branches->first : second(branches);
            continue;
        }
        if (head == define) {
            globals = cons(cons(second(expression), evaluate(third(expression), scope)), globals);
            return second(expression);
        }
        if (head == lambda) {
            struct object *o = new(LAMBDA);
            o->parameters = second(expression);
            o->body = third(expression);
            o->scope = scope;
            return o;
        }

        struct object *function = evaluate(head, scope);
        struct object *arguments = evaluate_all(expression->rest, scope);
        if (function->type == PRIMITIVE)
            return function->function(arguments);
        scope = function->scope;
        for (struct object *p = function->parameters; p != &empty; p = p->rest, arguments = arguments->rest)
            scope = cons(cons(p->first, arguments->first), scope);
        expression = function->body;
    }
}

static struct object *symbol(const char *name) { return intern(name, strlen(name)); }

static void define_primitive(const char *name, primitive function) {
    struct object *o = new(PRIMITIVE);
    o->function = function;
    globals = cons(cons(symbol(name), o), globals);
}

static void check(const char *program, const char *expected) {
    text = program;
    printed_length = 0;
    print(evaluate(read(), &empty));
    put_string(printed);
    put_char('\n');
    failures += strlen(printed) != strlen(expected) || memcmp(printed, expected, strlen(expected)) != 0;
}

int main(void) {
    quote = symbol("quote");
    conditional = symbol("if");
    define = symbol("define");
    lambda = symbol("lambda");
    truth = symbol("true");
    define_primitive("+", add);
    define_primitive("-", subtract);
    define_primitive("*", multiply);
    define_primitive("%", remainder);
    define_primitive("<", less);
    define_primitive("=", equal);
    define_primitive("empty?", is_empty);
    define_primitive("cons", cons_of);
    define_primitive("first", first_of);
    define_primitive("rest", rest_of);

    check("'(a list (of lists) 42)", "(a list (of lists) 42)");
    check("(define fib (lambda (n) (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2))))))", "fib");
    check("(fib 9)", "34");
    check("(define range (lambda (from to) (if (< from to) (cons from (range (+ from 1) to)) '())))", "range");
    check("(define filter (lambda (keep list) (if (empty? list) '()\n"
          "  (if (keep (first list)) (cons (first list) (filter keep (rest list)))\n"
          "    (filter keep (rest list))))))", "filter");
    check("(define sieve (lambda (list) (if (empty? list) '() (cons (first list)\n"
          "  (sieve (filter (lambda (n) (if (= (% n (first list)) 0) '() 'true)) (rest list)))))))", "sieve");
    check("(sieve (range 2 40))", "(2 3 5 7 11 13 17 19 23 29 31 37)");
    check("(define fold (lambda (f value list) (if (empty? list) value\n"
          "  (fold f (f value (first list)) (rest list)))))", "fold");
    check("(fold (lambda (reversed item) (cons item reversed)) '() '(1 2 (3 4) five))", "(five (3 4) 2 1)");
    check("(fold (lambda (a b) (- a (* b b))) 0 (range 1 40))", "-20540");
    finish("lisp", failures);
}
