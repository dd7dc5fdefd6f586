// Whoever writes a selector knows what it finds: saying so at each place would hide the code. Everything else in static/ is checked
// strictly; a parameter without a type may be anything.
interface ParentNode {
  querySelector(selector: string): any;
  querySelectorAll(selector: string): NodeListOf<any>;
}

interface Element {
  closest(selector: string): any;
}
