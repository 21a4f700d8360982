// Positions in the datums of Chinese maps; the same formulas as backend/travel/datum.py, which a test compares.
// Every function takes and gives [lat, lon] in degrees.

const SEMI_MAJOR_M = 6378245.0;
const ECCENTRICITY_2 = 0.00669342162296594323;
const BAIDU_TURN = (Math.PI * 3000.0) / 180.0;
const CLOSE_DEG = 1e-8;
const ROUNDS = 30;

function inChina(lat, lon) {
  return lat >= 0.8293 && lat <= 55.8271 && lon >= 72.004 && lon <= 137.8347;
}

function inverse(shift, lat, lon) {
  let foundLat = lat;
  let foundLon = lon;
  for (let round = 0; round < ROUNDS; round += 1) {
    const there = shift(foundLat, foundLon);
    const offLat = lat - there[0];
    const offLon = lon - there[1];
    foundLat += offLat;
    foundLon += offLon;
    if (Math.abs(offLat) < CLOSE_DEG && Math.abs(offLon) < CLOSE_DEG) break;
  }
  return [foundLat, foundLon];
}

export function wgs84ToGcj02(lat, lon) {
  if (!inChina(lat, lon)) return [lat, lon];
  const { PI, sin, cos, sqrt, abs } = Math;
  const x = lon - 105.0;
  const y = lat - 35.0;
  const waves = ((20.0 * sin(6.0 * x * PI) + 20.0 * sin(2.0 * x * PI)) * 2.0) / 3.0;
  let north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + waves;
  north += ((20.0 * sin(y * PI) + 40.0 * sin((y / 3.0) * PI)) * 2.0) / 3.0;
  north += ((160.0 * sin((y / 12.0) * PI) + 320.0 * sin((y * PI) / 30.0)) * 2.0) / 3.0;
  let east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + waves;
  east += ((20.0 * sin(x * PI) + 40.0 * sin((x / 3.0) * PI)) * 2.0) / 3.0;
  east += ((150.0 * sin((x / 12.0) * PI) + 300.0 * sin((x / 30.0) * PI)) * 2.0) / 3.0;
  const phi = (lat / 180.0) * PI;
  const magic = 1.0 - ECCENTRICITY_2 * sin(phi) ** 2;
  const dLat = (north * 180.0) / (((SEMI_MAJOR_M * (1.0 - ECCENTRICITY_2)) / (magic * sqrt(magic))) * PI);
  const dLon = (east * 180.0) / ((SEMI_MAJOR_M / sqrt(magic)) * cos(phi) * PI);
  return [lat + dLat, lon + dLon];
}

export function gcj02ToWgs84(lat, lon) {
  return inverse(wgs84ToGcj02, lat, lon);
}

export function gcj02ToBd09(lat, lon) {
  if (!inChina(lat, lon)) return [lat, lon];
  const radius = Math.sqrt(lon * lon + lat * lat) + 0.00002 * Math.sin(lat * BAIDU_TURN);
  const angle = Math.atan2(lat, lon) + 0.000003 * Math.cos(lon * BAIDU_TURN);
  return [radius * Math.sin(angle) + 0.006, radius * Math.cos(angle) + 0.0065];
}

export function bd09ToGcj02(lat, lon) {
  return inverse(gcj02ToBd09, lat, lon);
}

export function wgs84ToBd09(lat, lon) {
  return gcj02ToBd09(...wgs84ToGcj02(lat, lon));
}

export function bd09ToWgs84(lat, lon) {
  return gcj02ToWgs84(...bd09ToGcj02(lat, lon));
}
