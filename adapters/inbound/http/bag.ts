interface Place<Member> {
  readonly member: Member;
  index: number;
}

/**
 * Members in no order, who come and go by the thousand. A Set that has lived for a while would keep those who left, and all that
 * they hold, until a full garbage collection: V8 gives it tables of the old generation, and each one that it grows out of
 * holds its members on.
 */
export class Bag<Member> {
  private readonly places: Place<Member>[] = [];

  get size(): number {
    return this.places.length;
  }

  /** Returns what takes the member out again; it is to be called once at most. */
  add(member: Member): () => void {
    const place = { member, index: this.places.length };
    this.places.push(place);
    return () => this.remove(place);
  }

  /** Those who are there now. */
  members(): readonly Member[] {
    return this.places.map(({ member }) => member);
  }

  private remove({ index }: Place<Member>): void {
    const last = this.places.pop();
    if (last === undefined || last.index === index) return;
    this.places[index] = last;
    last.index = index;
  }
}
