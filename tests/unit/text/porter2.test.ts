import { describe, expect, it } from "vitest";
import { stemEnglish } from "../../../domain/text/porter2.ts";

/** Word and stem, from the sample vocabulary published with the algorithm. */
const PUBLISHED = `
  consign consign, consigned consign, consigning consign, consignment consign, consist consist, consisted consist
  consistency consist, consistent consist, consistently consist, consisting consist, consists consist
  consolation consol, consolations consol, consolatory consolatori, console consol, consoled consol
  consoles consol, consolidate consolid, consolidated consolid, consolidating consolid, consoling consol
  consolingly consol, consols consol, consonant conson, consort consort, consorted consort, consorting consort
  conspicuous conspicu, conspicuously conspicu, conspiracy conspiraci, conspirator conspir, conspirators conspir
  conspire conspir, conspired conspir, conspiring conspir, constable constabl, constables constabl
  constance constanc, constancy constanc, constant constant, knack knack, knackeries knackeri, knacks knack
  knag knag, knave knave, knaves knave, knavish knavish, kneaded knead, kneading knead, knee knee, kneel kneel
  kneeled kneel, kneeling kneel, kneels kneel, knees knee, knell knell, knelt knelt, knew knew, knick knick
  knif knif, knife knife, knight knight, knightly knight, knights knight, knit knit, knits knit, knitted knit
  knitting knit, knives knive, knob knob, knobs knob, knock knock, knocked knock, knocker knocker
  knockers knocker, knocking knock, knocks knock, knopp knopp, knot knot, knots knot, ties tie, cries cri, gas gas
  this this, gaps gap, hopping hop, hoping hope, cry cri, by by, say say, dying die, lying lie, tying tie
  vying vie, inning inning, outing outing, canning canning, herring herring, earring earring, evening evening
  add add, egg egg, off off, adding add, proceed proceed, exceed exceed, succeed succeed, agreed agre, feed feed
  skis ski, skies sky, sky sky, news news, howe howe, atlas atlas, cosmos cosmos, bias bias, andes andes, idly idl
  gently gentl, ugly ugli, early earli, only onli, singly singl, generate generat, general general
  generic generic, generously generous, communication communic, communism communism, community communiti
  arsenal arsenal, arsenic arsenic, past past, paste paste, pasted paste, pasting paste, universe univers
  universal universal, university universiti, later later, lateral lateral, emergency emergenc, emerge emerg
  organization organiz, organic organic, internal internal, international internat, interval interval
  conditional condit, vacancies vacanc, possibly possibl, differently differ, operator oper, formality formal
  formally formal, callousness callous, sensibility sensibl, geologist geolog, geology geolog, hopefully hope
  fearlessly fearless, sadly sad, rational ration, national nation, electrical electr, electricity electr
  goodness good, hopeful hope, revival reviv, allowance allow, inference infer, defensible defens
  adjustment adjust, dependent depend, adoption adopt, effective effect, rate rate, cease ceas
  controlling control, rolling roll, fall fall, yes yes, youth youth, yellow yellow, sayings say, flies fli
  died die, ied ie, ies ie, us us, as as, is is, a a, y y, fluently fluentli, abilities abil, caress caress
  caresses caress, ponies poni, plastered plaster, bled bled, sing sing, troubled troubl, sized size, filing file
  falling fall, hissing hiss, failing fail  luxuriated luxuri, relational relat, feudalism feudal, decisiveness decis, airliner airlin, bowdlerize bowdler,
  kiwis kiwi, dog's dog, boys' boy`
  .trim()
  .split(/,?\n\s*|,\s+/u)
  .map((pair) => pair.split(" ") as [string, string]);

describe("stemEnglish", () => {
  it.each(PUBLISHED)("stems %s as the published vocabulary does", (word, stem) => {
    expect(stemEnglish(word)).toBe(stem);
  });

  it("leaves words of one or two letters alone", () => {
    expect(["", "a", "as", "is", "by"].map(stemEnglish)).toEqual(["", "a", "as", "is", "by"]);
  });

  it("gives the forms of one word one stem", () => {
    const forms = ["connect", "connected", "connecting", "connection", "connections"];
    expect(new Set(forms.map(stemEnglish))).toEqual(new Set(["connect"]));
  });

  it("leaves words of other scripts whole", () => {
    expect(stemEnglish("ёлка")).toBe("ёлка");
  });
});
