"""Education and occupation by age, sex and how urban the kecamatan is (codes of form F-1.01)."""

from __future__ import annotations

import numpy as np

from simulator.people import Bools, Ints


def education(rng: np.random.Generator, age: Ints) -> Ints:
    """Highest education, codes 1-10, shape as `age` (years)."""
    n = len(age)
    roll = rng.random(n)
    grown = (
        np.where(
            age < 35,
            np.searchsorted([0.01, 0.03, 0.10, 0.27, 0.74, 0.755, 0.80, 0.978, 0.998, 1.1], roll),
            np.where(
                age < 55,
                np.searchsorted([0.02, 0.06, 0.24, 0.43, 0.83, 0.84, 0.87, 0.975, 0.997, 1.1], roll),
                np.searchsorted([0.09, 0.22, 0.58, 0.73, 0.90, 0.91, 0.93, 0.985, 0.998, 1.1], roll),
            ),
        )
        + 1
    )
    school = np.select([age < 6, age < 13, age < 16, age < 19], [1, 2, 3, 4], grown)
    student = (age >= 19) & (age < 23) & (grown > 5)
    return np.where(student, 5, school)


def occupation(rng: np.random.Generator, age: Ints, female: Bools, education: Ints, urban: float) -> Ints:
    """Occupation, codes 1-89, shape as `age`."""
    n = len(age)
    roll = rng.random(n)
    men = np.array([15, 88, 19, 9, 20, 12, 84, 13, 14, 81, 5, 6, 7, 18, 65, 26, 35, 11, 8, 89, 85])
    men_share = np.array(
        [38, 17, 7, 7 * (1.6 - urban), 5 * (1.6 - urban), 5, 4, 3, 2.5, 3, 2.2, 1, 0.8, 1, 1.2, 1.5, 1.2, 1, 2, 1, 0.5]
    )
    women = np.array([2, 15, 88, 84, 9, 20, 65, 5, 73, 74, 30, 18, 8, 23, 89, 34])
    women_share = np.array(
        [42, 27, 8, 5, 3 * (1.6 - urban), 3 * (1.6 - urban), 3, 1.6, 0.5, 0.7, 1, 0.8, 2, 1, 0.7, 0.4]
    )
    work = np.where(
        female,
        rng.choice(women, n, p=women_share / women_share.sum()),
        rng.choice(men, n, p=men_share / men_share.sum()),
    )
    work = np.where(
        (education >= 8) & (roll < 0.25),
        rng.choice([5, 65, 72, 64, 70, 71, 16], n, p=[0.34, 0.4, 0.06, 0.06, 0.05, 0.05, 0.04]),
        work,
    )
    pupil = ((age >= 6) & (age < 19)) | ((age < 23) & (roll < 0.45) & (age >= 19))
    idle = (age >= 19) & (roll > 0.94)
    retired = (age >= 60) & (roll < np.where(female, 0.06, 0.22))
    return np.select([age < 6, pupil, retired, idle], [1, 3, 4, 1], work)
