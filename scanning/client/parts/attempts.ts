/**
 * An attempt keeps its nonce until an answer came. When the network swallowed the answer, the next read of the same code is
 * the same attempt: the server repeats what it said, and nobody is told "already in" about themselves.
 */
export interface Attempt {
  code: string;
  nonce: string;
  scanned_at: string;
}

/** What the API takes. A longer text (a vaccination certificate, say) is no ticket, cut or whole. */
const LONGEST = 500;

export class Attempts {
  private readonly open = new Map<string, Attempt>();

  of(read: string): Attempt {
    const code = read.slice(0, LONGEST);
    const known = this.open.get(code);
    if (known) return known;
    const made = { code, nonce: crypto.randomUUID(), scanned_at: new Date().toISOString() };
    this.open.set(code, made);
    return made;
  }

  answered(attempt: Attempt): void {
    this.open.delete(attempt.code);
  }
}
