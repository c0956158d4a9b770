"""Whatever others send does no harm, and what we send does them none."""
