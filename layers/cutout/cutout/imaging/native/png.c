/* encode_png: the file around the strips, and the threads that make them. */
#include "png.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "native.h"
#include "team.h"

enum {
    SIGNATURE = 8,
    CHUNK = 12, /* length, type, CRC */
    HEADER = 13,
    ZLIB_HEADER = 2,
    ADLER = 4,

    /* A strip's filtered and compressed bytes stay in a core's own cache, and what is lost at its ends is below a thousandth. */
    STRIP_BYTES = 1024 * 1024,
};

/* What each thread works with. */
typedef struct {
    uint8_t *filtered;
    uint8_t *packed[2]; /* a row and the one above it, without their fourth bytes */
    Deflater *deflater;
} Desk;

/* A strip's chunk, in a mapping of its own: of the room for the worst case only what is written to takes memory, and it goes back to the
 * system as soon as it is copied into the file, so that there is never more than one copy of it. */
typedef struct {
    uint8_t *chunk;
    size_t mapped;
    size_t size;
    size_t filtered; /* bytes, and their checksum */
    uint32_t adler;
} Piece;

typedef struct {
    const uint8_t *pixels;
    size_t width, height, stride, pixel; /* the latter two in bytes, as filtered */
    int opaque;                          /* of each pixel's four bytes the last is left out */
    size_t rows_a_strip, strips;
    PngKernels kernels;
    int smaller;
    Desk desks[TEAM_MOST];
    Piece *pieces;
    atomic_size_t next; /* the first strip that nobody has taken */
    atomic_int failed;  /* there was no memory */
} PngJob;

static uint8_t *put32(uint8_t *out, uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) *out++ = (uint8_t)(value >> shift);
    return out;
}

/* Close the chunk whose type and body lie from chunk + 4 to `end`: its length before them, its CRC after. Returns the chunk's end. */
static uint8_t *close_chunk(uint8_t *chunk, uint8_t *end) {
    put32(chunk, (uint32_t)(end - chunk - 8));
    return put32(end, cutout_png_crc(0, chunk + 4, (size_t)(end - chunk - 4)));
}

static size_t strip_rows(const PngJob *job, size_t strip) {
    size_t first = strip * job->rows_a_strip;
    return job->height - first < job->rows_a_strip ? job->height - first : job->rows_a_strip;
}

/* A row as it is filtered. It lasts until the next but one is asked for. */
static const uint8_t *row_of(const PngJob *job, const Desk *desk, size_t y) {
    if (!job->opaque) return job->pixels + y * job->stride;
    const uint8_t *restrict pixels = job->pixels + y * job->width * 4;
    uint8_t *restrict packed = desk->packed[y % 2];
    for (size_t x = 0; x < job->width; x++) memcpy(packed + 3 * x, pixels + 4 * x, 3);
    return packed;
}

/* Returns 0, or -1 without memory. */
static int encode_strip(const PngJob *job, const Desk *desk, size_t strip, Piece *piece) {
    size_t rows = strip_rows(job, strip), filtered = rows * (job->stride + 1);
    size_t room = CHUNK + ZLIB_HEADER + cutout_deflate_bound(filtered) + ADLER + DEFLATE_SLACK;
    uint8_t *chunk = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (chunk == MAP_FAILED) return -1;

    size_t first = strip * job->rows_a_strip;
    const uint8_t *above = first > 0 ? row_of(job, desk, first - 1) : NULL;
    for (size_t i = 0; i < rows; i++) {
        const uint8_t *row = row_of(job, desk, first + i);
        job->kernels.filter_row(desk->filtered + i * (job->stride + 1), row, above, job->stride, job->pixel);
        above = row;
    }

    uint8_t *at = chunk + 8;
    memcpy(chunk + 4, "IDAT", 4);
    if (strip == 0) {
        memcpy(at, "\x78\x01", ZLIB_HEADER); /* deflate with a window of 32 KiB, compressed fast */
        at += ZLIB_HEADER;
    }
    at += cutout_deflate(desk->deflater, desk->filtered, filtered, strip == job->strips - 1, at);
    if (strip < job->strips - 1) at = close_chunk(chunk, at); /* the last one lacks the checksum of all */
    *piece = (Piece){chunk, room, (size_t)(at - chunk), filtered, job->kernels.adler(desk->filtered, filtered)};
    return 0;
}

static void encode_strips(void *context, Team *team, int member, int members) {
    PngJob *job = context;
    for (size_t strip; (strip = atomic_fetch_add(&job->next, 1)) < job->strips;)
        if (encode_strip(job, &job->desks[member], strip, &job->pieces[strip]) < 0) atomic_store(&job->failed, 1);
}

/* Without the GIL. Returns 0, or -1 without memory. */
static int encode_pieces(PngJob *job, int members) {
    if ((size_t)members > job->strips) members = (int)job->strips;
    job->pieces = calloc(job->strips, sizeof *job->pieces);
    int ready = job->pieces != NULL;
    for (int i = 0; i < members; i++) {
        job->desks[i].filtered = malloc(strip_rows(job, 0) * (job->stride + 1) + DEFLATE_SLACK);
        job->desks[i].deflater = cutout_deflater_new(job->smaller);
        ready = ready && job->desks[i].filtered && job->desks[i].deflater;
        for (int j = 0; j < 2 && job->opaque; j++) {
            job->desks[i].packed[j] = malloc(job->stride);
            ready = ready && job->desks[i].packed[j];
        }
    }
    if (ready) cutout_team_run(members, encode_strips, job);
    for (int i = 0; i < members; i++) {
        free(job->desks[i].filtered);
        for (int j = 0; j < 2; j++) free(job->desks[i].packed[j]);
        cutout_deflater_free(job->desks[i].deflater);
    }
    if (!ready || job->failed) return -1;

    Piece *last = &job->pieces[job->strips - 1];
    uint32_t adler = 1;
    for (Piece *piece = job->pieces; piece <= last; piece++) adler = cutout_png_adler_join(adler, piece->adler, piece->filtered);
    last->size = (size_t)(close_chunk(last->chunk, put32(last->chunk + last->size, adler)) - last->chunk);
    return 0;
}

static void free_piece(Piece *piece) {
    if (piece->chunk != NULL) munmap(piece->chunk, piece->mapped);
    piece->chunk = NULL;
}

static void free_pieces(PngJob *job) {
    for (size_t i = 0; job->pieces != NULL && i < job->strips; i++) free_piece(&job->pieces[i]);
    free(job->pieces);
}

static size_t file_size(const PngJob *job) {
    size_t size = SIGNATURE + CHUNK + HEADER + CHUNK;
    for (size_t i = 0; i < job->strips; i++) size += job->pieces[i].size;
    return size;
}

/* The file, of file_size bytes. Each piece is freed as it is copied. */
static void write_file(PngJob *job, uint8_t *out) {
    static const uint8_t colour_types[] = {[1] = 0, [3] = 2, [4] = 6};
    memcpy(out, "\x89PNG\r\n\x1a\n", SIGNATURE);
    out += SIGNATURE;
    memcpy(out + 4, "IHDR", 4);
    uint8_t *at = put32(put32(out + 8, (uint32_t)job->width), (uint32_t)job->height);
    memcpy(at, (uint8_t[]){8, colour_types[job->pixel], 0, 0, 0}, 5);
    out = close_chunk(out, at + 5);
    for (size_t i = 0; i < job->strips; i++) {
        memcpy(out, job->pieces[i].chunk, job->pieces[i].size);
        out += job->pieces[i].size;
        free_piece(&job->pieces[i]);
    }
    memcpy(out + 4, "IEND", 4);
    close_chunk(out, out + 8);
}

static PyObject *encode_png(PyObject *module, PyObject *arguments) {
    static const ArraySpec spec = {"picture", "B", 3, 0};
    PyObject *object;
    int opaque, smaller, threads;
    if (!PyArg_ParseTuple(arguments, "Oppi:encode_png", &object, &opaque, &smaller, &threads)) return NULL;
    if (cutout_check_threads(threads) < 0) return NULL;
    Py_buffer view;
    if (cutout_take_array(object, &spec, &view) < 0) return NULL;

    PyObject *file = NULL;
    Py_ssize_t height = view.shape[0], width = view.shape[1], pixel = view.shape[2];
    if (pixel != 4 && (pixel != 1 || opaque)) {
        PyErr_Format(PyExc_ValueError, "picture must have 4 channels, or 1 that isn't opaque");
        goto done;
    }
    if (opaque) pixel = 3;
    /* The format's limit on a side is 2^31 - 1; a row must also fit a chunk. */
    if (height < 1 || width < 1 || height > INT32_MAX || width > (1 << 30) / 4) {
        PyErr_Format(PyExc_ValueError, "picture has a side of no pixels, or too many");
        goto done;
    }

    PngJob job = {
        .pixels = view.buf,
        .width = (size_t)width,
        .height = (size_t)height,
        .stride = (size_t)(width * pixel),
        .pixel = (size_t)pixel,
        .opaque = opaque,
        .kernels = cutout_png_kernels(),
        .smaller = smaller,
    };
    job.rows_a_strip = STRIP_BYTES / (job.stride + 1);
    if (job.rows_a_strip == 0) job.rows_a_strip = 1;
    job.strips = (job.height + job.rows_a_strip - 1) / job.rows_a_strip;
    int status;
    Py_BEGIN_ALLOW_THREADS
    status = encode_pieces(&job, threads);
    Py_END_ALLOW_THREADS
    file = status < 0 ? PyErr_NoMemory() : PyBytes_FromStringAndSize(NULL, (Py_ssize_t)file_size(&job));
    if (file != NULL) {
        uint8_t *out = (uint8_t *)PyBytes_AsString(file);
        Py_BEGIN_ALLOW_THREADS
        write_file(&job, out);
        Py_END_ALLOW_THREADS
    }
    free_pieces(&job);
done:
    PyBuffer_Release(&view);
    return file;
}

PyMethodDef cutout_png_methods[] = {
    {"encode_png", encode_png, METH_VARARGS, "encode_png(picture, opaque, smaller, threads) -> bytes"},
    {NULL, NULL, 0, NULL},
};
