/** A low estimate of a secret's entropy in bits: its length times the bits of the alphabet that it shows. */
export const entropyBits = (secret: string): number => secret.length * Math.log2(new Set(secret).size || 1);
