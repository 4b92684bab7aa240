/**
 * Random numbers for the simulation: seeded, so that a run can be repeated exactly.
 */

/** Uniform on [0, 1). */
export type Uniform = () => number

/** sfc32, seeded by a number; the first outputs are thrown away. Public-domain generator of PractRand. */
export function seeded(seed: number): Uniform {
  let a = 0x9e3779b9 | 0
  let b = seed | 0
  let c = Math.trunc(seed / 2 ** 32) | 0
  let counter = 1
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    return (sum >>> 0) / 2 ** 32
  }
  for (let discarded = 0; discarded < 16; discarded++) next()
  return next
}

/** A Poisson count. Small means by multiplication, larger ones by the transformed rejection PTRS (Hörmann 1993). */
export function poisson(uniform: Uniform, mean: number): number {
  if (mean <= 0) return 0
  if (mean >= 10) return poissonByRejection(uniform, mean)
  const limit = Math.exp(-mean)
  let count = 0
  for (let product = uniform(); product > limit; product *= uniform()) count += 1
  return count
}

/** A negative binomial count with this mean and variance/mean `phi` > 1: Poisson whose mean is gamma distributed. */
export function negativeBinomial(uniform: Uniform, mean: number, phi: number): number {
  if (mean <= 0) return 0
  return poisson(uniform, gamma(uniform, mean / (phi - 1)) * (phi - 1))
}

function poissonByRejection(uniform: Uniform, mean: number): number {
  const logMean = Math.log(mean)
  const b = 0.931 + 2.53 * Math.sqrt(mean)
  const a = -0.059 + 0.02483 * b
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4)
  const squeeze = 0.9277 - 3.6224 / (b - 2)
  for (;;) {
    const u = uniform() - 0.5
    const v = 1 - uniform()
    const us = 0.5 - Math.abs(u)
    const k = Math.floor(((2 * a) / us + b) * u + mean + 0.43)
    if (us >= 0.07 && v <= squeeze) return k
    if (k < 0 || (us < 0.013 && v > us)) continue
    if (Math.log((v * inverseAlpha) / (a / (us * us) + b)) <= k * logMean - mean - logFactorial(k)) return k
  }
}

/** Gamma with scale 1 (Marsaglia and Tsang 2000); shapes below 1 by the usual power of a uniform. */
function gamma(uniform: Uniform, shape: number): number {
  if (shape < 1) return gamma(uniform, shape + 1) * (1 - uniform()) ** (1 / shape)
  const d = shape - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const x = normal(uniform)
    const v = (1 + c * x) ** 3
    if (v > 0 && Math.log(1 - uniform()) < x ** 2 / 2 + d - d * v + d * Math.log(v)) return d * v
  }
}

/** Standard normal, Box and Muller. */
function normal(uniform: Uniform): number {
  return Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform())
}

const LOG_FACTORIALS = [0]
for (let k = 1; k < 256; k++) LOG_FACTORIALS.push((LOG_FACTORIALS[k - 1] ?? 0) + Math.log(k))

/** ln k!, by Stirling's series above the table; exact to 1e-12. */
function logFactorial(k: number): number {
  const tabled = LOG_FACTORIALS[k]
  if (tabled !== undefined) return tabled
  return (k + 0.5) * Math.log(k) - k + 0.5 * Math.log(2 * Math.PI) + 1 / (12 * k) - 1 / (360 * k ** 3)
}
