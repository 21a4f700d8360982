// What only answers a click, and the map: loaded once the day is painted.

import "./urgent.js";
import "./calls.js";
import "./otherday.js";
import "./whatif.js";
import "./compare.js";
import "./learned.js";
import "./table.js";
