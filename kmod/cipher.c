// SPDX-License-Identifier: GPL-2.0
/*
 * AES in counter mode, AES-GCM and HMAC-SHA1, as this kernel has them.
 *
 * The only file that knows which kernel has what (RTPLANE_HAVE_*, Kbuild).  Nothing
 * here allocates or sleeps where a packet is handled, and nothing is asynchronous:
 *
 * - Kernels with HMAC-SHA1 in their library have ciphers that run wherever a softirq
 *   does.
 * - On x86 before that, those that use the FPU are behind wrappers which put a packet
 *   off where the FPU is busy.  They are taken by the names of their drivers, so that
 *   nothing else is that an administrator or a card brings, and used only where the
 *   FPU is free; there the wrapper calls them at once.
 * - Elsewhere those that are synchronous.
 *
 * Where that cannot be, and for what is rare (RTCP, a packet that is tried with a second
 * key), the library's AES does it block by block: in constant memory, some ten times
 * slower.
 *
 * A cipher is used under one lock, so that request and first block live in it, not on
 * the stack, which need not be memory for a scatterlist.
 */
#include <crypto/aead.h>
#include <crypto/aes.h>
#include <crypto/gf128mul.h>
#include <crypto/hash.h>
#include <crypto/hmac.h>
#include <crypto/internal/simd.h>
#include <crypto/sha1.h>
#include <crypto/skcipher.h>
#include <asm/simd.h>
#include <linux/delay.h>
#include <linux/kmod.h>
#include <linux/mutex.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>

#include "cipher.h"
#include "compat.h"

/* The library takes HMAC-SHA1 and needs no wrapper where it has it. */
#if defined(CONFIG_X86) && !defined(RTPLANE_HAVE_HMAC_SHA1)
#define RTPLANE_BY_DRIVER
#endif

#ifdef RTPLANE_HAVE_AES_ENCKEY
#define rtplane_aes		aes_enckey
#define rtplane_aes_set		aes_prepareenckey
#else
#define rtplane_aes		crypto_aes_ctx
#define rtplane_aes_set		aes_expandkey
#endif

/* Bytes of a request: more than any of them takes (it is asked). */
#define RTPLANE_REQUEST_MAX	640

/**
 * struct rtplane_cipher - AES with one session key, and HMAC-SHA1 with another
 * @iv: first block of the packet at hand, at the beginning: rtplane_cipher_iv()
 * @ctr: AES in counter mode, or NULL
 * @aead: AES-GCM, or NULL
 * @fast: there is @ctr or @aead
 * @fpu: it is to be used only where the FPU is free
 * @busy: a packet was put off all the same, and is not done yet: until it is, only the
 *	slow way is left
 * @aes: of the slow way
 * @h: key of GHASH, slow way
 * @hmac: HMAC-SHA1
 * @size: bytes that all this takes, as far as is known
 * @sg: the packet at hand
 * @request: for @ctr or @aead
 */
struct rtplane_cipher {
	__be64 iv[2];
	struct crypto_skcipher *ctr;
	struct crypto_aead *aead;
	bool fast;
	bool fpu;
	bool busy;
	struct rtplane_aes aes;
	be128 h;
#ifdef RTPLANE_HAVE_HMAC_SHA1
	struct hmac_sha1_key hmac;
#else
	struct rtplane_hmac *hmac;
#endif
	unsigned int size;
	struct scatterlist sg;
	u8 request[] CRYPTO_MINALIGN_ATTR;
};

static_assert(!offsetof(struct rtplane_cipher, iv));

static atomic_long_t slow;

/* Packets that took the slow way since the FPU was busy. */
u64 rtplane_cipher_slow(void)
{
	return atomic_long_read(&slow);
}

/* HMAC-SHA1 ------------------------------------------------------------------ */

#ifdef RTPLANE_HAVE_HMAC_SHA1

static int hmac_make(struct rtplane_cipher *c, const u8 *key)
{
	hmac_sha1_preparekey(&c->hmac, key, RTPLANE_SHA1_LEN);
	return 0;
}

static void hmac_free(struct rtplane_cipher *c)
{
}

/**
 * rtplane_cipher_mac() - HMAC-SHA1
 * @c: cipher, made with an authentication key
 * @data: all that is authenticated
 * @len: its bytes
 * @mac: the 20 bytes
 *
 * Return: 0 or a negative error.
 */
int rtplane_cipher_mac(struct rtplane_cipher *c, const u8 *data, unsigned int len,
		       u8 mac[RTPLANE_SHA1_LEN])
{
	hmac_sha1(&c->hmac, data, len, mac);
	return 0;
}

#else /* !RTPLANE_HAVE_HMAC_SHA1 */

/* SHA-1 as it is exported: 6.16 has a byte more than there is in the structure. */
union rtplane_sha1 {
	struct sha1_state state;
	u8 told[104];
};

/**
 * struct rtplane_hmac - HMAC-SHA1 of SHA-1
 * @inner: where the hash stands behind the block of the key and ipad
 * @outer: the same of opad
 * @plain: a descriptor holds nothing but that, as it was exported
 * @desc: the hash at hand
 *
 * hmac(sha1) does the same; that it copies whole states, whose buffers are empty, is 230
 * instructions of a packet.
 */
struct rtplane_hmac {
	union rtplane_sha1 inner;
	union rtplane_sha1 outer;
	bool plain;
	struct shash_desc desc;
};

static int hmac_state(struct shash_desc *desc, const u8 *key, u8 pad, union rtplane_sha1 *state)
{
	u8 block[SHA1_BLOCK_SIZE];
	unsigned int i;
	int err;

	memset(block, pad, sizeof(block));
	for (i = 0; i < RTPLANE_SHA1_LEN; i++)
		block[i] ^= key[i];
	err = crypto_shash_init(desc) ?: crypto_shash_update(desc, block, sizeof(block)) ?:
	      crypto_shash_export(desc, state->told);
	memzero_explicit(block, sizeof(block));
	return err;
}

static int hmac_states(struct rtplane_hmac *h, const u8 *key)
{
	struct crypto_shash *tfm = h->desc.tfm;
	int err;

	if (crypto_shash_statesize(tfm) > sizeof(h->inner.told))
		return -EINVAL;
	err = hmac_state(&h->desc, key, HMAC_IPAD_VALUE, &h->inner) ?:
	      hmac_state(&h->desc, key, HMAC_OPAD_VALUE, &h->outer);
	h->plain = !err && crypto_shash_statesize(tfm) == sizeof(h->outer.state) &&
		   crypto_shash_descsize(tfm) == sizeof(h->outer.state) &&
		   !memcmp(shash_desc_ctx(&h->desc), &h->outer, sizeof(h->outer.state));
	return err;
}

static int hmac_make(struct rtplane_cipher *c, const u8 *key)
{
	struct crypto_shash *tfm = crypto_alloc_shash("sha1", 0, 0);
	size_t size;

	if (IS_ERR(tfm))
		return PTR_ERR(tfm);
	size = sizeof(*c->hmac) + crypto_shash_descsize(tfm);
	c->hmac = kzalloc(size, GFP_KERNEL_ACCOUNT);
	if (!c->hmac) {
		crypto_free_shash(tfm);
		return -ENOMEM;
	}
	c->size += size;
	c->hmac->desc.tfm = tfm;
	return hmac_states(c->hmac, key);
}

static void hmac_free(struct rtplane_cipher *c)
{
	if (!c->hmac)
		return;
	crypto_free_shash(c->hmac->desc.tfm);
	kfree_sensitive(c->hmac);
}

/* The hash of a block that was, and of what follows. */
static __always_inline int hmac_half(struct rtplane_hmac *h, const union rtplane_sha1 *block,
				     const u8 *data, unsigned int len, u8 *out)
{
	struct sha1_state *at = shash_desc_ctx(&h->desc);
	int err;

	if (likely(h->plain)) {
		memcpy(at->state, block->state.state, sizeof(at->state));
		at->count = block->state.count;
	} else {
		err = crypto_shash_import(&h->desc, block->told);
		if (err)
			return err;
	}
	return crypto_shash_finup(&h->desc, data, len, out);
}

int rtplane_cipher_mac(struct rtplane_cipher *c, const u8 *data, unsigned int len,
		       u8 mac[RTPLANE_SHA1_LEN])
{
	return hmac_half(c->hmac, &c->hmac->inner, data, len, mac) ?:
	       hmac_half(c->hmac, &c->hmac->outer, mac, RTPLANE_SHA1_LEN, mac);
}

#endif /* RTPLANE_HAVE_HMAC_SHA1 */

/* The slow way --------------------------------------------------------------- */

/**
 * rtplane_aes_block() - encrypt one block, for key derivation
 * @aes: as rtplane_aes_new() made it
 * @out: encrypted block
 * @in: block
 */
void rtplane_aes_block(const void *aes, u8 *out, const u8 *in)
{
	aes_encrypt((const struct rtplane_aes *)aes, out, in);
}

/**
 * rtplane_aes_new() - AES for key derivation
 * @key: master key
 * @len: its bytes
 *
 * Return: for rtplane_aes_block(), to be given to kfree_sensitive(); or NULL.
 */
void *rtplane_aes_new(const u8 *key, unsigned int len)
{
	struct rtplane_aes *aes = kmalloc(sizeof(*aes), GFP_KERNEL);

	if (aes && rtplane_aes_set(aes, key, len)) {
		kfree_sensitive(aes);
		return NULL;
	}
	return aes;
}

static void ctr_slow(const struct rtplane_cipher *c, __be32 iv[4], u8 *data, unsigned int len)
{
	u8 stream[AES_BLOCK_SIZE];
	unsigned int i, n;

	for (; len; len -= n, data += n) {
		aes_encrypt(&c->aes, stream, (const u8 *)iv);
		be32_add_cpu(&iv[3], 1);
		n = min_t(unsigned int, len, sizeof(stream));
		for (i = 0; i < n; i++)
			data[i] ^= stream[i];
	}
	memzero_explicit(stream, sizeof(stream));
}

/**
 * struct rtplane_ghash - GHASH on its way
 * @y: so far
 * @n: bytes of a block that is not whole yet, added to @y already
 */
struct rtplane_ghash {
	be128 y;
	unsigned int n;
};

/* The product in constant time: no table, no branch. */
static void ghash_mul(be128 *y, const be128 *h)
{
	const u64 word[2] = { be64_to_cpu(y->a), be64_to_cpu(y->b) };
	be128 z = {}, v = *h;
	unsigned int i;
	u64 mask;

	for (i = 0; i < 128; i++) {
		mask = -(word[i / 64] >> (63 - i % 64) & 1);
		z.a ^= v.a & (__force __be64)mask;
		z.b ^= v.b & (__force __be64)mask;
		gf128mul_x_lle(&v, &v);
	}
	*y = z;
}

static void ghash_pad(struct rtplane_ghash *g, const be128 *h)
{
	if (g->n)
		ghash_mul(&g->y, h);
	g->n = 0;
}

static void ghash_add(struct rtplane_ghash *g, const be128 *h, const u8 *data, unsigned int len)
{
	while (len--) {
		((u8 *)&g->y)[g->n++] ^= *data++;
		if (g->n == AES_BLOCK_SIZE)
			ghash_pad(g, h);
	}
}

/* The tag of what is encrypted; @iv as it came. */
static void gcm_tag(const struct rtplane_cipher *c, const __be32 iv[4],
		    const struct rtplane_gcm_text *t, u8 tag[RTPLANE_GCM_TAG])
{
	__be64 bits[2] = { cpu_to_be64((u64)(t->aad_len + t->aad2_len) * 8),
			   cpu_to_be64((u64)t->len * 8) };
	__be32 first[4] = { iv[0], iv[1], iv[2], cpu_to_be32(1) };
	struct rtplane_ghash g = {};

	ghash_add(&g, &c->h, t->aad, t->aad_len);
	ghash_add(&g, &c->h, t->aad2, t->aad2_len);
	ghash_pad(&g, &c->h);
	ghash_add(&g, &c->h, t->text, t->len);
	ghash_pad(&g, &c->h);
	ghash_add(&g, &c->h, (const u8 *)bits, sizeof(bits));
	memcpy(tag, &g.y, RTPLANE_GCM_TAG);
	ctr_slow(c, first, tag, RTPLANE_GCM_TAG);
}

static void gcm_text(const struct rtplane_cipher *c, const __be32 iv[4],
		     const struct rtplane_gcm_text *t)
{
	__be32 block[4] = { iv[0], iv[1], iv[2], cpu_to_be32(2) };

	ctr_slow(c, block, t->text, t->len);
}

/**
 * rtplane_cipher_seal_slow() - encrypt and authenticate by GCM, block by block
 * @c: cipher, made for GCM, rtplane_cipher_iv() set
 * @t: the packet; the tag is written behind its text
 */
void rtplane_cipher_seal_slow(struct rtplane_cipher *c, const struct rtplane_gcm_text *t)
{
	const __be32 *iv = (const __be32 *)c->iv;

	gcm_text(c, iv, t);
	gcm_tag(c, iv, t, t->text + t->len);
}

/**
 * rtplane_cipher_open_slow() - authenticate and decrypt by GCM, block by block
 * @c: cipher, made for GCM, rtplane_cipher_iv() set
 * @t: the packet, the tag behind its text
 *
 * Return: 0; or -EBADMSG, and the packet is what it was.
 */
int rtplane_cipher_open_slow(struct rtplane_cipher *c, const struct rtplane_gcm_text *t)
{
	const __be32 *iv = (const __be32 *)c->iv;
	u8 tag[RTPLANE_GCM_TAG];

	gcm_tag(c, iv, t, tag);
	if (rtplane_differ(tag, t->text + t->len, sizeof(tag)))
		return -EBADMSG;
	gcm_text(c, iv, t);
	return 0;
}

/* The fast way --------------------------------------------------------------- */

static __always_inline bool fast(struct rtplane_cipher *c)
{
	if (c->fpu && unlikely(c->busy || !crypto_simd_usable())) {
		atomic_long_inc(&slow);
		return false;
	}
	return likely(c->fast);
}

/* Never called, unless a wrapper puts off what it need not. */
#ifdef RTPLANE_HAVE_CRYPTO_DATA
static void late(void *data, int err)
{
	struct rtplane_cipher *c = data;
#else
static void late(struct crypto_async_request *req, int err)
{
	struct rtplane_cipher *c = req->data;
#endif
	if (err == -EINPROGRESS)
		return;
	/* After the last write to the request: who frees it waits for that. */
	smp_store_release(&c->busy, false);
}

static __always_inline int done(struct rtplane_cipher *c, int err)
{
	if (likely(err != -EINPROGRESS && err != -EBUSY))
		return err;
	pr_warn_once("rtplane: a cipher put a packet off\n");
	c->busy = true;
	return -EINPROGRESS;
}

/**
 * rtplane_cipher_ctr() - encrypt or decrypt in counter mode
 * @c: cipher, made with an authentication key, rtplane_cipher_iv() set
 * @data: text, in linear memory that is not a stack
 * @len: its bytes
 *
 * Return: 0; or -EINPROGRESS: the memory is in use, and must not be freed.
 */
int rtplane_cipher_ctr(struct rtplane_cipher *c, u8 *data, unsigned int len)
{
	struct skcipher_request *req = (void *)c->request;

	if (unlikely(!len))
		return 0;
	if (unlikely(!fast(c))) {
		ctr_slow(c, (__be32 *)c->iv, data, len);
		return 0;
	}
	sg_set_buf(&c->sg, data, len);
	req->cryptlen = len;
	return done(c, crypto_skcipher_encrypt(req));
}

/* A packet as it lies in the buffer. */
static struct rtplane_gcm_text flat(u8 *data, unsigned int aad_len, unsigned int len)
{
	return (struct rtplane_gcm_text) {
		.aad = data, .aad_len = aad_len, .text = data + aad_len, .len = len,
	};
}

static noinline int seal_flat(struct rtplane_cipher *c, u8 *data, unsigned int aad_len,
			      unsigned int len)
{
	struct rtplane_gcm_text t = flat(data, aad_len, len);

	rtplane_cipher_seal_slow(c, &t);
	return 0;
}

static noinline int open_flat(struct rtplane_cipher *c, u8 *data, unsigned int aad_len,
			      unsigned int len)
{
	struct rtplane_gcm_text t = flat(data, aad_len, len);

	return rtplane_cipher_open_slow(c, &t);
}

static __always_inline struct aead_request *aead_begin(struct rtplane_cipher *c, u8 *data,
						       unsigned int aad_len, unsigned int len,
						       unsigned int crypt_len)
{
	struct aead_request *req = (void *)c->request;

	sg_set_buf(&c->sg, data, aad_len + len + RTPLANE_GCM_TAG);
	req->cryptlen = crypt_len;
	req->assoclen = aad_len;
	return req;
}

/**
 * rtplane_cipher_seal() - encrypt and authenticate by GCM
 * @c: cipher, made for GCM, rtplane_cipher_iv() set
 * @data: packet, with room for the tag, in linear memory that is not a stack
 * @aad_len: bytes that are authenticated only
 * @len: bytes after them
 *
 * Return: 0, or as rtplane_cipher_ctr().
 */
int rtplane_cipher_seal(struct rtplane_cipher *c, u8 *data, unsigned int aad_len,
			unsigned int len)
{
	if (unlikely(!fast(c)))
		return seal_flat(c, data, aad_len, len);
	return done(c, crypto_aead_encrypt(aead_begin(c, data, aad_len, len, len)));
}

/**
 * rtplane_cipher_open() - authenticate and decrypt by GCM
 * @c: cipher, made for GCM, rtplane_cipher_iv() set
 * @data: packet, the tag at its end, in linear memory that is not a stack
 * @aad_len: bytes that are authenticated only
 * @len: bytes after them, without the tag
 *
 * Return: 0; -EBADMSG, and the packet is void; or as rtplane_cipher_ctr().
 */
int rtplane_cipher_open(struct rtplane_cipher *c, u8 *data, unsigned int aad_len,
			unsigned int len)
{
	if (unlikely(!fast(c)))
		return open_flat(c, data, aad_len, len);
	return done(c, crypto_aead_decrypt(aead_begin(c, data, aad_len, len,
						      len + RTPLANE_GCM_TAG)));
}

/* Making one ----------------------------------------------------------------- */

/**
 * struct rtplane_drivers - by which driver a cipher is taken
 * @name: those that there may be, the best first
 * @found: the one that there is; "" = none
 *
 * Who asks for a name that is not there starts modprobe, so that is done once.
 */
struct rtplane_drivers {
	const char *name[5];
	const char *found;
};

#ifdef RTPLANE_BY_DRIVER
static struct rtplane_drivers ctr_drivers = { .name = { "ctr-aes-aesni" } };
static struct rtplane_drivers gcm_drivers = {
	.name = {
		"generic-gcm-vaes-avx10_512", "generic-gcm-vaes-avx10_256",
		"generic-gcm-aesni-avx", "generic-gcm-aesni",
	},
};
#else
static struct rtplane_drivers ctr_drivers = { .found = "" };
static struct rtplane_drivers gcm_drivers = { .found = "" };
#endif

/* The driver, after the modules of the cipher were loaded by its name; NULL: none. */
static const char *driver_of(struct rtplane_drivers *d, int (*has)(const char *, u32, u32))
{
	const char *found = READ_ONCE(d->found);
	const char * const *name;

	if (!found) {
		for (name = d->name; *name && !has(*name, 0, 0); name++)
			;
		found = *name ?: "";
		WRITE_ONCE(d->found, found);
	}
	return *found ? found : NULL;
}

static struct crypto_skcipher *ctr_alloc(bool *fpu)
{
	struct crypto_skcipher *any = crypto_alloc_skcipher("ctr(aes)", 0, CRYPTO_ALG_ASYNC);
	const char *driver = driver_of(&ctr_drivers, crypto_has_skcipher);
	struct crypto_skcipher *tfm;

	tfm = driver ? crypto_alloc_skcipher(driver, 0, 0) : ERR_PTR(-ENOENT);
	if (IS_ERR(tfm))
		return any;
	if (!IS_ERR(any))
		crypto_free_skcipher(any);
	*fpu = true;
	return tfm;
}

static int has_aead(const char *name, u32 type, u32 mask)
{
	struct crypto_aead *tfm = crypto_alloc_aead(name, type, mask);

	if (IS_ERR(tfm))
		return 0;
	crypto_free_aead(tfm);
	return 1;
}

static struct crypto_aead *gcm_alloc(bool *fpu)
{
	struct crypto_aead *any = crypto_alloc_aead("gcm(aes)", 0, CRYPTO_ALG_ASYNC);
	const char *driver = driver_of(&gcm_drivers, has_aead);
	struct crypto_aead *tfm;

	tfm = driver ? crypto_alloc_aead(driver, 0, 0) : ERR_PTR(-ENOENT);
	if (IS_ERR(tfm))
		return any;
	if (!IS_ERR(any))
		crypto_free_aead(any);
	*fpu = true;
	return tfm;
}

static int ctr_make(struct rtplane_cipher *c, const struct rtplane_session_keys *keys)
{
	struct crypto_skcipher *tfm = ctr_alloc(&c->fpu);
	struct skcipher_request *req = (void *)c->request;

	if (IS_ERR(tfm))
		return PTR_ERR(tfm);
	c->ctr = tfm;
	c->fast = true;
	if (sizeof(*req) + crypto_skcipher_reqsize(tfm) > RTPLANE_REQUEST_MAX)
		return -E2BIG;
	skcipher_request_set_tfm(req, tfm);
	skcipher_request_set_callback(req, 0, late, c);
	skcipher_request_set_crypt(req, &c->sg, &c->sg, 0, c->iv);
	c->size += crypto_skcipher_tfm(tfm)->__crt_alg->cra_ctxsize;
	return crypto_skcipher_setkey(tfm, keys->key, keys->key_len);
}

static int gcm_make(struct rtplane_cipher *c, const struct rtplane_session_keys *keys)
{
	struct crypto_aead *tfm = gcm_alloc(&c->fpu);
	struct aead_request *req = (void *)c->request;
	int err;

	if (IS_ERR(tfm))
		return PTR_ERR(tfm);
	c->aead = tfm;
	c->fast = true;
	if (sizeof(*req) + crypto_aead_reqsize(tfm) > RTPLANE_REQUEST_MAX)
		return -E2BIG;
	aead_request_set_tfm(req, tfm);
	aead_request_set_callback(req, 0, late, c);
	aead_request_set_crypt(req, &c->sg, &c->sg, 0, (u8 *)c->iv);
	c->size += crypto_aead_tfm(tfm)->__crt_alg->cra_ctxsize;
	err = crypto_aead_setkey(tfm, keys->key, keys->key_len);
	return err ?: crypto_aead_setauthsize(tfm, RTPLANE_GCM_TAG);
}

/*
 * Who asks the kernel for a cipher gets one by the generic code if that is built in, and
 * nothing is loaded; the processor's own is in a module, which udev loads, where it runs.
 * Once, since it starts modprobe; who comes meanwhile waits, or he would find, and keep
 * to, the generic code.
 */
static void load_fast_ones(void)
{
	static DEFINE_MUTEX(lock);
	static bool done;

	mutex_lock(&lock);
	if (!done) {
		request_module("crypto-aes");
		request_module("crypto-sha1");
		request_module("crypto-ghash");
		done = true;
	}
	mutex_unlock(&lock);
}

static int cipher_make(struct rtplane_cipher *c, const struct rtplane_session_keys *keys,
		       bool often)
{
	int err;

	sg_init_table(&c->sg, 1);
	err = rtplane_aes_set(&c->aes, keys->key, keys->key_len);
	if (err)
		return err;
	aes_encrypt(&c->aes, (u8 *)&c->h, (const u8 *)&(const be128) {});
	if (keys->auth)
		err = hmac_make(c, keys->auth);
	if (err || !often)
		return err;
	return keys->auth ? ctr_make(c, keys) : gcm_make(c, keys);
}

/**
 * rtplane_cipher_new() - a cipher for one session key
 * @keys: session keys
 * @often: it is for many packets: have the fast way too
 *
 * Context: process; loads modules.
 * Return: the cipher or an ERR_PTR(): -ENOENT, this kernel has no such cipher.
 */
struct rtplane_cipher *rtplane_cipher_new(const struct rtplane_session_keys *keys, bool often)
{
	size_t size = sizeof(struct rtplane_cipher) + (often ? RTPLANE_REQUEST_MAX : 0);
	struct rtplane_cipher *c = kzalloc(size, GFP_KERNEL_ACCOUNT);
	int err;

	if (!c)
		return ERR_PTR(-ENOMEM);
	load_fast_ones();
	c->size = size;
	err = cipher_make(c, keys, often);
	if (!err)
		return c;
	rtplane_cipher_free(c);
	return ERR_PTR(err);
}

/**
 * rtplane_cipher_free() - free a cipher and forget its keys
 * @c: cipher that nobody uses any more; NULL and errors are fine
 *
 * Context: process.
 */
void rtplane_cipher_free(struct rtplane_cipher *c)
{
	if (IS_ERR_OR_NULL(c))
		return;
	/* Pairs with late(). */
	while (smp_load_acquire(&c->busy))
		msleep(20);
	if (c->ctr)
		crypto_free_skcipher(c->ctr);
	if (c->aead)
		crypto_free_aead(c->aead);
	hmac_free(c);
	kfree_sensitive(c);
}

/* Bytes of memory that a cipher takes. */
unsigned int rtplane_cipher_size(const struct rtplane_cipher *c)
{
	return c->size;
}
