/* The floor of benchmarks/peers.py: the 12-rule table as a hand-written loop over the same columns.
   Every column is cut as the engine cuts it, the codes find a rule in a grid, and outputs follow. */

#include <stdint.h>
#include <string.h>

enum { CHUNK = 1024, TEXTS = 8 };

static void place(int m, const int32_t *code, int64_t at, const int16_t *grid, int16_t *rule,
                  const uint8_t *tiers, const double *discounts, const double *visits,
                  uint8_t *tier, double *discount, double *visit) {
    for (int i = 0; i < m; i++) {
        int16_t r = grid[code[i]];
        rule[at + i] = r;
        tier[at + i] = tiers[r];
        discount[at + i] = discounts[r];
        visit[at + i] = visits[r];
    }
}

static void cut(int m, int32_t *code, const double *values, int n, const double *cuts, int32_t by) {
    for (int k = 0; k < n; k++) {
        double c = cuts[k];
        for (int i = 0; i < m; i++) code[i] += (values[i] >= c) * by;
    }
}

static void cut_days(int m, int32_t *code, const int32_t *values, int n, const double *cuts,
                     int32_t by) {
    for (int k = 0; k < n; k++) {
        int32_t c = (int32_t)cuts[k];
        for (int i = 0; i < m; i++) code[i] += (values[i] >= c) * by;
    }
}

/* counts, cuts and by: of sales, share, overdue, since, in this order. The text column comes as
   codes, or, where codes is NULL, as Arrow has it: offsets into one run of bytes. */
void decide(int64_t n, const double *sales, const double *share, const double *overdue,
            const int32_t *since, const uint8_t *codes, const int64_t *offsets, const char *bytes,
            int words, const char *const *word, const int32_t *counts, const double *const *cuts,
            const int32_t *by, const int32_t *word_by, const int16_t *grid, const uint8_t *tiers,
            const double *discounts, const double *visits, int16_t *rule, uint8_t *tier,
            double *discount, double *visit) {
    int32_t code[CHUNK];
    int64_t length[TEXTS];
    for (int w = 0; w < words; w++) length[w] = (int64_t)strlen(word[w]);
    for (int64_t at = 0; at < n; at += CHUNK) {
        int m = n - at < CHUNK ? (int)(n - at) : CHUNK;
        if (codes) {
            for (int i = 0; i < m; i++) code[i] = word_by[codes[at + i]];
        } else {
            for (int i = 0; i < m; i++) {
                const char *text = bytes + offsets[at + i];
                int64_t size = offsets[at + i + 1] - offsets[at + i];
                code[i] = 0;
                for (int w = 0; w < words; w++)
                    if (size == length[w] && !memcmp(text, word[w], (size_t)size))
                        code[i] = word_by[w + 1];
            }
        }
        cut(m, code, sales + at, counts[0], cuts[0], by[0]);
        cut(m, code, share + at, counts[1], cuts[1], by[1]);
        cut(m, code, overdue + at, counts[2], cuts[2], by[2]);
        cut_days(m, code, since + at, counts[3], cuts[3], by[3]);
        place(m, code, at, grid, rule, tiers, discounts, visits, tier, discount, visit);
    }
}
